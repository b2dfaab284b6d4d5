"""The open choices of learning and evaluation: network, search, training, rivals, reporting."""

from dataclasses import dataclass

from har_lib.choice import choice

#: Update rules that have equations (19) to (28), and so the settings below.
_PRINTED = ("corrected", "literal")


@dataclass(frozen=True)
class Sequence:
    """What the classifiers see of a clip's key frames."""

    scaling: str = choice(
        "feature_scaling",
        "standard",
        "how features are scaled by the training part: mean 0 and deviation 1 but for bits, the "
        "same for all columns, the range -1 to 1, or nothing",
        ("standard", "standard_all", "range", "none"),
        name="feature_scaling",
    )
    time_step: str = choice(
        "time_step",
        "key_frame",
        "one step of the LSTM: a key frame, or the mean of a clip's key frames",
        ("key_frame", "clip"),
        name="time_step",
    )
    length: int = choice(
        "sequence_length",
        10,
        "most key frames of a clip that the network reads",
        (1, 1000),
        name="sequence_length",
        alternatives=(5, 20),
        only_with={"time_step": ("key_frame",)},
    )
    longer: str = choice(
        "sequence_length",
        "even",
        "which key frames of a longer sequence are read: evenly spaced ones or the first",
        ("even", "first"),
        name="long_sequences",
        only_with={"time_step": ("key_frame",)},
    )


@dataclass(frozen=True)
class Lstm:
    """The network: equations (8) to (13)."""

    hidden: int = choice(
        "network_size",
        32,
        "size of the hidden state",
        (1, 4096),
        name="hidden_size",
        alternatives=(16, 64, 128),
    )
    form: str = choice(
        "gates",
        "corrected",
        "gates of (8) to (10) as printed, sigma as a factor and h minus 1, or as functions",
        ("corrected", "literal"),
        name="gate_form",
        literal="literal",
    )
    readout: str = choice(
        "readout",
        "last",
        "what the class is read from: the last hidden state, or the mean of all",
        ("last", "mean"),
        name="readout",
    )


@dataclass(frozen=True)
class Search:
    """The adaptive seagull search over the weights: equations (14) to (28)."""

    role: str = choice(
        "search_role",
        "init",
        "the searched weights start Adam (init), are the network's final weights (replace), are "
        "sought around Adam's (finetune), or are those of the readout alone (readout)",
        ("init", "replace", "finetune", "readout"),
        name="search_role",
        literal="replace",
    )
    form: str = choice(
        "search_rule",
        "corrected",
        "update rule: (19) to (28) with A from D, as printed with a constant B, or that of a "
        "MATLAB script published by the source's author",
        ("corrected", "literal", "matlab"),
        name="search_form",
        literal="literal",
    )
    weights: str = choice(
        "searched_weights",
        "all",
        "what a solution holds: all weights, or those of (15) alone, with biases of zero and a "
        "readout drawn once",
        ("all", "gates"),
        name="searched_weights",
        literal="gates",
        only_with={"search_role": ("init", "replace", "finetune")},
    )
    population: int = choice(
        "search_budget", 30, "number of seagulls", (2, 100000), alternatives=(10, 100)
    )
    iterations: int = choice(
        "search_budget", 100, "iterations of the search", (1, 1000000), alternatives=(50, 500)
    )
    patience: int = choice(
        "termination",
        0,
        "iterations without a better seagull before the search stops; 0 never stops it early",
        (0, 1000000),
        name="search_patience",
        alternatives=(10, 50),
    )
    bound: float = choice(
        "search_bounds",
        1.0,
        "the search box is plus and minus this over the root of hidden_size",
        (0.0001, 1000.0),
        name="search_bound",
        alternatives=(0.25, 2.5, 5.5),
    )
    movement: float = choice(
        "search_constants",
        2.0,
        "F_c of (20), where the movement behaviour starts",
        (0.001, 1000.0),
        name="movement_start",
        alternatives=(1.0,),
    )
    scale: float = choice(
        "search_constants",
        1.0,
        "p of (27), scale of the spiral",
        (0.001, 1000.0),
        name="spiral_scale",
        stable=0.5,
        only_with={"search_form": _PRINTED},
    )
    growth: float = choice(
        "search_constants",
        1.0,
        "q of (27), growth of the spiral",
        (0.0, 10.0),
        name="spiral_growth",
        stable=0.05,
        alternatives=(0.1, 0.0),
        only_with={"search_form": _PRINTED},
    )
    random: str = choice(
        "random_numbers",
        "seagull",
        "k and rand: one of each a seagull, or one a coordinate",
        ("seagull", "coordinate"),
        name="random_numbers",
        stable="coordinate",
        only_with={"search_form": _PRINTED},
    )
    distance: str = choice(
        "distance_sign",
        "absolute",
        "G of (23): the absolute value, or with its sign",
        ("absolute", "signed"),
        name="distance",
        stable="signed",
        only_with={"search_form": _PRINTED},
    )
    outside: str = choice(
        "outside_box",
        "clip",
        "coordinates that leave the box: moved to its side, mirrored at it, or drawn anew",
        ("clip", "reflect", "reset"),
        name="outside_box",
    )
    acceptance: str = choice(
        "acceptance",
        "always",
        "a seagull moves always, or only to a better place",
        ("always", "greedy"),
        name="acceptance",
    )
    opposition: bool = choice(
        "opposition", True, "start from the better half of the population and its opposites"
    )
    opposite: str = choice(
        "opposition",
        "opposite",
        "the opposite of a solution: its mirror image, or a random place between the box's middle "
        "and that (quasi)",
        ("opposite", "quasi"),
        name="opposite_kind",
        only_with={"opposition": (True,)},
    )
    jumping: float = choice(
        "opposition",
        0.0,
        "chance that an iteration ends with opposites too, in the box that the seagulls span",
        (0.0, 1.0),
        name="jumping_rate",
        alternatives=(0.3,),
        only_with={"opposition": (True,)},
    )
    fitness_form: str = choice(
        "fitness_measure",
        "corrected",
        "equation (18) as printed (TP and FN) or as accuracy",
        ("corrected", "literal"),
        literal="literal",
    )
    tie_break: float = choice(
        "fitness_measure",
        0.001,
        "multiple of the cross-entropy that is taken off the fitness, to order equals",
        (0.0, 1000.0),
        name="fitness_tie_break",
        literal=0.0,
        alternatives=(0.0,),
    )
    clips: str = choice(
        "fitness_clips",
        "training",
        "clips on which fitness is taken: those that train, or those held out for validation",
        ("training", "validation"),
        name="fitness_clips",
    )


@dataclass(frozen=True)
class Training:
    """Adam, beside the search and for the LSTM baseline."""

    epochs: int = choice(
        "training", 100, "most passes over the training part", (0, 100000), alternatives=(10, 300)
    )
    learning_rate: float = choice(
        "training", 0.01, "step size of Adam", (1e-6, 1.0), alternatives=(0.001, 0.003)
    )
    patience: int = choice(
        "training",
        20,
        "epochs without a better validation loss before Adam stops",
        (1, 100000),
        alternatives=(5, 100),
    )
    validation: str = choice(
        "fitness_clips",
        "group",
        "what is held out of the training part for early stopping: whole groups, or clips at "
        "random",
        ("group", "random"),
    )
    validation_share: float = choice(
        "fitness_clips",
        0.2,
        "share of the training groups or clips kept for early stopping",
        (0.01, 0.9),
        alternatives=(0.1, 0.4),
    )


@dataclass(frozen=True)
class Baselines:
    """The methods without a sequence: ANN, SVM and kNN."""

    input: str = choice(
        "baselines",
        "pooled",
        "what they see: mean and deviation over the key frames, or the key frames in a row",
        ("pooled", "flattened"),
        name="baseline_input",
    )
    ann_units: int = choice(
        "baselines", 100, "units of the ANN's hidden layer", (1, 10000), alternatives=(32,)
    )
    svm_kernel: str = choice("baselines", "rbf", "kernel of the SVM", ("rbf", "linear"))
    neighbours: int = choice("baselines", 5, "neighbours of kNN", (1, 1000), alternatives=(1, 9))


@dataclass(frozen=True)
class Evaluation:
    """How accuracy is estimated and reported."""

    classes: int = choice(
        "classes",
        0,
        "how many of the actions, in alphabetical order; 0 takes all",
        (0, 1000),
        name="class_limit",
        alternatives=(5, 10),
    )
    unit: str = choice(
        "unit",
        "clip",
        "what the evaluation classifies: a clip by its key frames, or each key frame by itself",
        ("clip", "key_frame"),
    )
    split: str = choice(
        "split",
        "folds",
        "what is held out: folds by group, folds at random, nothing (resubstitution), or the "
        "test list of an official split of UCF101",
        ("folds", "random", "resubstitution", "official1", "official2", "official3"),
    )
    folds: int = choice(
        "split",
        10,
        "folds; by group, with no more groups than this, one group is left out at a time",
        (2, 1000),
        alternatives=(5,),
        only_with={"split": ("folds", "random")},
    )
    repeats: int = choice(
        "repeats",
        1,
        "how often the cross-validation is repeated with new seeds",
        (1, 1000),
        alternatives=(5,),
    )
    reported_run: str = choice(
        "repeats",
        "mean",
        "which repeat the paper's metrics are taken from: all together, the most accurate, or "
        "the best of each metric",
        ("mean", "best", "best_per_metric"),
    )
    configurations: int = choice(
        "tuning",
        1,
        "settings of each method that are tried in inner folds of the training part; with 1 each "
        "keeps its defaults",
        (1, 8),
        alternatives=(4,),
    )
    averaging: str = choice(
        "metrics",
        "macro",
        "how precision, recall and F-measure are averaged over classes",
        ("macro", "micro", "weighted"),
    )
    code: str = choice(
        "metrics",
        "multiclass",
        "what the metrics count: all classes at once, each class against the rest, or the first "
        "class against the rest alone",
        ("multiclass", "one_vs_rest", "one_class"),
        name="metric_code",
    )
    undefined: str = choice(
        "undefined_precision",
        "zero",
        "a class that is never predicted has no precision: it counts as 0, or is left out",
        ("zero", "skip"),
        name="undefined_precision",
    )
