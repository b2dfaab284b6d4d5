"""mlscorecheck, the known tool, beside the audit: where both must agree, and why they differ.

For one class against the rest both ask whether four counts have the printed scores, and agree.
For several classes ``check_1_testset_no_kfold_macro`` asks something else (mlscorecheck 1.0.3,
``aggregated.transform_multiclass_fold_to_binary`` and ``aggregated.Fold.init_lp``). It turns every
class c into a test set of its own, of n_c positive and N - n_c negative clips, and looks for whole
numbers TP_c from 0 to n_c and TN_c from 0 to N - n_c, for each class apart. *Accuracy* there is the
mean over the classes of (TP_c + TN_c) / N, not the share of clips that are right. And nothing ties
the classes together: that each clip gets one label, whence the clips which the classes lose are
those which other classes gain, sum FN_c = sum FP_c, is no constraint of the program. It is the
second that makes the paper's pair feasible: with it, the mean accuracy of C classes is
1 - 2 E / (C N), at least 1 - 2 / C, which is 98.02 % for 101 classes.
"""

from fractions import Fraction

import numpy as np
import pytest
from mlscorecheck.check.binary import check_1_testset_no_kfold
from mlscorecheck.check.multiclass import check_1_testset_no_kfold_macro
from scipy.optimize import LinearConstraint, milp

from har_lib.audit_binary import tables
from har_lib.audit_bounds import highest_recall
from har_lib.audit_printed import Printed
from har_lib.ucf101_supports import SETS, supports

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulp")

PAIR = {"acc": 0.9515, "sens": 0.972}


# --- One class against the rest ------------------------------------------------------------------


def printed_scores(seed: int) -> tuple[int, list[Printed]]:
    """Numbers of a table, in every second case with one of them moved by a few digits."""
    generator = np.random.default_rng(seed)
    tp, fn, fp, tn = (int(n) for n in generator.integers([1, 0, 0, 0], [12, 6, 6, 12]))
    tn += fp + tn == 0
    clips = tp + fn + fp + tn
    shares = np.array([(tp + tn) / clips, tp / (tp + fp), tp / (tp + fn)])
    if seed % 2:
        shares[seed // 2 % 3] += generator.choice([-0.03, -0.01, 0.01, 0.03])
    return clips, [Printed(f"{share:.3f}", False) for share in shares.clip(0, 1)]


def test_binary_tables_agree():
    agreed = {True: 0, False: 0}
    for seed in range(60):
        clips, printed = printed_scores(seed)
        ours = {table.true_positive + table.false_negative for table in tables(clips, *printed)}
        scores = {
            name: float(p.value) for name, p in zip(("acc", "ppv", "sens"), printed, strict=True)
        }
        for positives in range(1, clips):
            theirs = check_1_testset_no_kfold(
                testset={"p": positives, "n": clips - positives}, scores=scores, eps=0.0005
            )
            assert theirs["inconsistency"] == (positives not in ours)
            agreed[positives in ours] += 1
    assert min(agreed.values()) > 25


# --- Several classes -----------------------------------------------------------------------------


def ask(sizes, scores, eps) -> dict:
    return check_1_testset_no_kfold_macro(
        testset=dict(enumerate(sizes)), scores=scores, eps=eps, verbosity=0
    )


def counts(found: dict) -> np.ndarray:
    """TP, FN, FP and TN of each class in the configuration that it returns."""
    rows = []
    for fold in found["lp_configuration"]["evaluations"][0]["folds"]["folds"]:
        p, n, tp, tn = (round(fold["fold"][key]) for key in ("p", "n", "tp", "tn"))
        rows.append((tp, p - tp, n - tn, tn))
    return np.array(rows)


@pytest.mark.parametrize("name", SETS)
def test_it_finds_the_papers_pair_consistent_where_the_audit_excludes_it(name):
    """Because each class answers for itself: no confusion matrix has the configuration."""
    sizes = supports(name)
    found = ask(sizes, PAIR, 0.00005)
    assert not found["inconsistency"]
    assert found["lp_status"] == "feasible"
    tp, fn, fp, tn = counts(found).T
    assert (tp + fn).tolist() == sizes
    assert (fp + tn).tolist() == [sum(sizes) - size for size in sizes]
    # What it calls accuracy and recall are the printed numbers,
    assert ((tp + tn) / sum(sizes)).mean() == pytest.approx(0.9515, abs=6e-5)
    assert (tp / sizes).mean() == pytest.approx(0.972, abs=6e-4)
    # but the share of clips that are right is no such number,
    assert tp.sum() / sum(sizes) > 0.96
    # and classes gain clips that no class loses: more than fifty times as many.
    assert fp.sum() > 50 * fn.sum()
    assert highest_recall(sizes, Fraction(95155, 100000)) < Fraction(97150, 100000)


def test_a_configuration_in_which_clips_have_more_than_one_label():
    """Two classes of ten that are named together more or less often than there are clips."""
    found = ask([10, 10], {"acc": 0.7, "sens": 0.9}, 1e-4)
    assert not found["inconsistency"]
    tp, fn, fp, _ = counts(found).T
    assert fn.sum() != fp.sum()
    assert tp.sum() + fp.sum() != 20
    # With one label each, two equal classes have one number as accuracy and mean recall.
    assert highest_recall([10, 10], Fraction(7, 10)) == Fraction(7, 10)


def program(sizes, scores, *, one_label: bool) -> bool:
    """Feasibility of its program, written anew, with the missing constraint or without it."""
    n = np.array(sizes)
    C, N = len(n), sum(sizes)
    rows = [
        np.concatenate([np.ones(C), np.ones(C)]) / (C * N),
        np.concatenate([1 / n, np.zeros(C)]) / C,
    ]
    low = [scores["acc"] - 0.00005, scores["sens"] - 0.00005]
    high = [scores["acc"] + 0.00005, scores["sens"] + 0.00005]
    if one_label:
        # sum FN = N - sum TP is sum FP = sum (N - n_c) - sum TN.
        rows.append(np.concatenate([-np.ones(C), np.ones(C)]))
        low.append((C - 1) * N - N)
        high.append((C - 1) * N - N)
    found = milp(
        np.zeros(2 * C),
        constraints=LinearConstraint(np.array(rows), low, high),
        integrality=1,
        bounds=(0, np.concatenate([n, N - n])),
    )
    return found.status == 0


def test_the_missing_constraint_decides():
    """Its program, with one label to a clip, is infeasible for the paper's pair on every set."""
    for name in SETS[:3]:
        assert program(supports(name), PAIR, one_label=False)
        assert not program(supports(name), PAIR, one_label=True)
    # Mean accuracy over the classes of answers that are all wrong.
    assert float(1 - Fraction(2, 101)) > PAIR["acc"] + 0.00005
    # The constraint excludes no true matrix: two equal classes, seven of ten right in each.
    assert program([10, 10], {"acc": 0.7, "sens": 0.7}, one_label=True)
    assert not program([10, 10], {"acc": 0.7, "sens": 0.9}, one_label=True)
