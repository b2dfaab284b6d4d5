"""How people move: joint tracks of the built-in actions, in units of the person's stature.

Coordinates: x forward (side view) or to one side (frontal view), y up from the floor, origin
between the feet of a person who stands on the mark. Legs, and arms that reach for something,
are solved as two-link chains, so feet stay where they are put and limbs keep their length.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from har_lib.errors import InputError

FRAMES_PER_SECOND = 25

#: Actions of which a single frame looks alike; the second is made from the first.
PAIRS: tuple[tuple[str, str, str], ...] = (
    ("WalkForward", "WalkBackward", "time reversal"),
    ("SitDown", "StandUp", "time reversal"),
    ("PickUp", "PutDown", "time reversal"),
    ("HandWaveSlow", "HandWaveFast", "speed"),
)

#: Height of the stool's seat and where its middle stands, in statures.
SEAT_HEIGHT, SEAT_PLACE = 0.262, -0.225
#: Radius of the ball and where it lies, in statures.
BALL_RADIUS, BALL_PLACE = 0.05, 0.25

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Body:
    """Segment lengths of a person as fractions of the stature.

    The means are those of Drillis and Contini (1966), as tabulated by Winter, Biomechanics
    and Motor Control of Human Movement, 4th ed., fig. 4.1, https://doi.org/10.1002/9780470549148.

    Examples
    --------
    >>> round(Body().thigh + Body().shank + Body().ankle, 3)  # height of the hip joint
    0.53
    """

    thigh: float = 0.245
    shank: float = 0.246
    ankle: float = 0.039
    trunk: float = 0.288
    neck: float = 0.052
    head: float = 0.130
    upper_arm: float = 0.186
    forearm: float = 0.146
    hand: float = 0.075  # half closed, so shorter than the 0.108 of a flat hand
    shoulder: float = 0.115  # half the breadth, at the joint centres
    hip: float = 0.055
    foot: float = 0.105  # ankle to ball of the foot

    @classmethod
    def sample(cls, generator: np.random.Generator) -> "Body":
        """Draw a person: every segment within 6 % of its mean."""
        return cls(
            **{name: mean * generator.uniform(0.94, 1.06) for name, mean in vars(cls()).items()}
        )

    @property
    def leg(self) -> float:
        """Length of thigh and shank together."""
        return self.thigh + self.shank


@dataclass(frozen=True)
class Motion:
    """A performance: joint tracks (T, 2) by name, the ball's track and whether it is held.

    ``uses_furniture`` says that the actor sits on the stool or takes the ball.

    Paired joints carry the suffix ``_near`` (towards the camera, or at positive x in the
    frontal view) or ``_far``.
    """

    view: str
    joints: dict[str, Points]
    ball: Points
    held: NDArray[np.bool_]
    uses_furniture: bool = False

    def reversed(self) -> "Motion":
        """The same performance backwards in time."""
        backwards = {name: track[::-1] for name, track in self.joints.items()}
        return replace(self, joints=backwards, ball=self.ball[::-1], held=self.held[::-1])


def smooth(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rise from 0 to 1 with zero velocity and acceleration at both ends (minimum jerk)."""
    u = np.clip(value, 0.0, 1.0)
    return u**3 * (u * (6 * u - 15) + 10)


def polar(length: float, angle: NDArray[np.float64] | float) -> Points:
    """Vector of ``length`` at ``angle`` (radians) from hanging straight down, forward positive."""
    return length * np.stack([np.sin(angle), -np.cos(angle)], axis=-1)


def two_link(
    root: Points, target: Points, first: float, second: float, bend: float
) -> tuple[Points, Points]:
    """Middle and end of a two-segment limb from ``root`` towards ``target``, all (T, 2).

    ``bend`` +1 puts the middle joint in front of a hanging limb (knee), -1 behind it (elbow).
    A target out of reach is approached with the limb almost straight.
    """
    span = target - root
    distance = np.maximum(np.linalg.norm(span, axis=-1, keepdims=True), 1e-9)
    length = np.clip(distance, abs(first - second) * 1.02 + 1e-6, (first + second) * 0.9995)
    along = span / distance
    cosine = (first**2 + length**2 - second**2) / (2 * first * length)
    sine = bend * np.sqrt(1 - cosine**2)
    across = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    return root + first * (cosine * along + sine * across), root + length * along


class Pose:
    """Builds joint tracks from the pelvis outwards."""

    def __init__(self, body: Body, pelvis: Points, lean: Points, view: str) -> None:
        self.body, self.view = body, view
        chest = pelvis - polar(body.trunk, -lean)
        tilt = 0.55 * lean
        self.joints: dict[str, Points] = {
            "pelvis": pelvis,
            "chest": chest,
            "head": chest - polar(body.neck + body.head / 2, -tilt),
        }
        breadth = 1.0 if view == "frontal" else 0.0
        across = breadth * np.stack([np.cos(lean), -np.sin(lean)], axis=-1)
        for side, sign in (("near", 1.0), ("far", -1.0)):
            self.joints[f"shoulder_{side}"] = chest + sign * body.shoulder * across
            self.joints[f"hip_{side}"] = pelvis + sign * body.hip * across

    def arm(self, side: str, raise_: Points, flex: Points) -> None:
        """Place an arm by the angles of shoulder and elbow (radians; 0 hangs straight down)."""
        shoulder = self.joints[f"shoulder_{side}"]
        elbow = shoulder + polar(self.body.upper_arm, raise_)
        self._hand(side, elbow, elbow + polar(self.body.forearm, raise_ + flex))

    def reach(self, side: str, target: Points, bend: float = -1.0) -> None:
        """Bring the wrist to ``target``, elbow behind."""
        shoulder = self.joints[f"shoulder_{side}"]
        elbow, wrist = two_link(shoulder, target, self.body.upper_arm, self.body.forearm, bend)
        self._hand(side, elbow, wrist)

    def _hand(self, side: str, elbow: Points, wrist: Points) -> None:
        self.joints[f"elbow_{side}"], self.joints[f"wrist_{side}"] = elbow, wrist
        self.joints[f"finger_{side}"] = wrist + (wrist - elbow) * (
            self.body.hand / self.body.forearm
        )

    def leg(self, side: str, place: Points, pitch: Points | float = 0.0, bend: float = 1.0) -> None:
        """Put the foot at ``place`` (x, lift), turned by ``pitch`` about its ball or its heel."""
        body = self.body
        pitch = np.broadcast_to(np.asarray(pitch, dtype=np.float64), place.shape[:1])
        ankle = place + np.array([0.0, body.ankle])
        if self.view == "side":
            front = np.array([body.foot, -0.7 * body.ankle])
            back = np.array([-0.3 * body.foot, -0.7 * body.ankle])
            pivot = np.where(pitch[:, None] < 0, front, back)
            ankle = ankle + pivot - turn(pivot, pitch)
            knee, ankle = two_link(self.joints[f"hip_{side}"], ankle, body.thigh, body.shank, bend)
            toe, heel = ankle + turn(front, pitch), ankle + turn(back, pitch)
        else:
            sign = 1.0 if side == "near" else -1.0
            knee, ankle = two_link(
                self.joints[f"hip_{side}"], ankle, body.thigh, body.shank, sign * bend
            )
            toe = ankle + np.array([sign * 0.020, -0.7 * body.ankle])
            heel = ankle + np.array([-sign * 0.004, -0.55 * body.ankle])
        for name, track in (("knee", knee), ("ankle", ankle), ("toe", toe), ("heel", heel)):
            self.joints[f"{name}_{side}"] = track

    def motion(self, uses_furniture: bool = False) -> Motion:
        """Finish a performance that leaves the ball where it lies."""
        frames = len(self.joints["pelvis"])
        ball = np.tile([BALL_PLACE, BALL_RADIUS], (frames, 1))
        return Motion(self.view, self.joints, ball, np.zeros(frames, dtype=bool), uses_furniture)


def turn(vector: Points, angle: Points) -> Points:
    """Rotate one vector (2,) or many (T, 2) anticlockwise by ``angle`` (T,) in radians."""
    x, y = vector[..., 0], vector[..., 1]
    sine, cosine = np.sin(angle), np.cos(angle)
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1)


def sway(frames: int, generator: np.random.Generator, amplitude: float) -> Points:
    """Smooth wandering of about ``amplitude`` (standard deviation), 0.2 to 0.9 Hz, (T,)."""
    time = np.arange(frames)[:, None] / FRAMES_PER_SECOND
    rate, start = generator.uniform(0.2, 0.9, 3), generator.uniform(0, 2 * np.pi, 3)
    return amplitude * np.sqrt(2 / 3) * np.sin(2 * np.pi * rate * time + start).sum(axis=1)


def column(x: Points | float, y: Points | float, frames: int) -> Points:
    """Stack two coordinates, each a number or a track, to (T, 2)."""
    return np.stack([np.broadcast_to(x, frames), np.broadcast_to(y, frames)], axis=-1)


def walk(body: Body, generator: np.random.Generator, frames: int) -> Motion:
    """Side view: a stroll across the mark; feet stay put in stance (60 % of each stride)."""
    travel, stride = generator.uniform(1.1, 1.3), generator.uniform(0.62, 0.74)
    place = travel * (np.arange(frames) / (frames - 1) - 0.5)
    cycle = place / stride + generator.uniform()
    bob = 0.012 * np.cos(4 * np.pi * (cycle - 0.3))
    pelvis = column(place, body.ankle + 0.955 * body.leg + bob, frames)
    swing, elbow = np.radians(generator.uniform((18, 12), (30, 26)))
    lean = np.radians(3.0) + sway(frames, generator, 0.02)
    pose = Pose(body, pelvis, lean, "side")
    for side, offset in (("near", 0.0), ("far", 0.5)):
        phase = (cycle + offset) % 1.0
        stance, flight = phase / 0.6, (phase - 0.6) / 0.4
        reach = 0.3 * stride
        ahead = np.where(phase < 0.6, reach * (1 - 2 * stance), reach * (2 * smooth(flight) - 1))
        lift = np.where(phase < 0.6, 0.0, 0.035 * np.sin(np.pi * np.clip(flight, 0, 1)) ** 2)
        push, strike = np.radians(-38.0), np.radians(16.0)
        pitch = np.where(
            phase < 0.6,
            strike * (1 - smooth(phase / 0.12)) + push * smooth((phase - 0.38) / 0.22),
            push + (strike - push) * smooth(flight / 0.9),
        )
        pose.leg(side, column(place + ahead, lift, frames), pitch)
        back = np.cos(2 * np.pi * phase)
        pose.arm(side, 0.05 - swing * back, elbow * (1.3 - 0.6 * back))
    return pose.motion()


def sit_down(body: Body, generator: np.random.Generator, frames: int) -> Motion:
    """Side view: from standing to sitting on the stool, hands to the thighs."""
    start, length = generator.uniform((0.08, 0.55), (0.22, 0.72))
    done = smooth((np.linspace(0, 1, frames) - start) / length)
    early = smooth((np.linspace(0, 1, frames) - start) / (0.8 * length))
    stand, seat = body.ankle + 0.992 * body.leg, SEAT_HEIGHT + 0.062
    pelvis = column(-0.01 + (SEAT_PLACE + 0.01) * early, stand + (seat - stand) * done, frames)
    bow = np.radians(generator.uniform(32, 46))
    lean = np.radians(2) + bow * np.sin(np.pi * early) ** 2 + np.radians(4) * done
    pose = Pose(body, pelvis, lean + sway(frames, generator, 0.015), "side")
    hands = np.radians(generator.uniform(20, 40)) * np.sin(np.pi * early) ** 2
    for side, step in (("near", 0.02), ("far", -0.015)):
        pose.leg(side, column(step, 0.0, frames))
        pose.arm(side, 0.04 + 0.41 * done + hands, 0.2 + 0.28 * done - 0.3 * hands)
    return pose.motion(uses_furniture=True)


def pick_up(body: Body, generator: np.random.Generator, frames: int) -> Motion:
    """Side view: squat, take the ball from the floor with both hands, rise with it."""
    time = np.linspace(0, 1, frames)
    start, down, still, up = generator.uniform((0.04, 0.3, 0.04, 0.3), (0.14, 0.36, 0.1, 0.36))
    taken = start + down + still / 2
    low = smooth((time - start) / down) - smooth((time - start - down - still) / up)
    stand = body.ankle + 0.99 * body.leg
    depth, bow = generator.uniform(0.20, 0.235), np.radians(generator.uniform(50, 60))
    pelvis = column(-0.01 - 0.12 * low, stand - depth * low, frames)
    pose = Pose(body, pelvis, np.radians(2) + bow * low + sway(frames, generator, 0.012), "side")
    held = time >= taken
    rest = column(BALL_PLACE, BALL_RADIUS, frames)
    # Carried before the belly; the way up blends from the floor to there.
    risen = smooth((time - taken - still / 2) / up)[:, None]
    carry = pose.joints["pelvis"] + (0.20, 0.10)
    ball = np.where(held[:, None], rest + (carry - rest) * risen, rest)
    hang = pose.joints["chest"] + (0.05, -0.97 * (body.upper_arm + body.forearm))
    approach = smooth((time - start) / (down + still / 2))[:, None]
    grip = ball + np.array([-0.03, 0.045])
    wrist = np.where(held[:, None], grip, hang + (grip - hang) * approach)
    for side, step in (("near", 0.03), ("far", -0.03)):
        pose.leg(side, column(step, 0.0, frames), -np.radians(8) * low)
        pose.reach(side, wrist + np.array([0.4 * step, 0.0]))
    return Motion("side", pose.joints, ball, held, uses_furniture=True)


def hand_wave(body: Body, generator: np.random.Generator, frames: int, rate: float) -> Motion:
    """Frontal view: one raised forearm waves at about ``rate`` Hz."""
    rate = rate * generator.uniform(0.88, 1.12)
    beat = 2 * np.pi * (rate * np.arange(frames) / FRAMES_PER_SECOND + generator.uniform())
    raised, width = np.radians(generator.uniform((88, 26), (118, 38)))
    shift = sway(frames, generator, 0.006)
    pelvis = column(shift, body.ankle + 0.998 * body.leg, frames)
    pose = Pose(body, pelvis, sway(frames, generator, 0.012), "frontal")
    idle = np.radians(8) + sway(frames, generator, 0.025)
    wave = raised + 0.12 * np.sin(beat - 0.5)
    upright = np.pi - wave + np.radians(4) + width * np.sin(beat)
    if generator.uniform() < 0.5:
        pose.arm("near", wave, upright)
        pose.arm("far", -idle, np.full(frames, 0.05))
    else:
        pose.arm("far", -wave, -upright)
        pose.arm("near", idle, np.full(frames, -0.05))
    stance = generator.uniform(0.055, 0.07)
    for side, sign in (("near", 1), ("far", -1)):
        pose.leg(side, column(sign * stance, 0.0, frames))
    return pose.motion()


def hand_wave_slow(body: Body, generator: np.random.Generator, frames: int) -> Motion:
    """:func:`hand_wave` at 0.6 Hz."""
    return hand_wave(body, generator, frames, 0.6)


def hand_wave_fast(body: Body, generator: np.random.Generator, frames: int) -> Motion:
    """:func:`hand_wave` at 1.8 Hz."""
    return hand_wave(body, generator, frames, 1.8)


def jumping_jack(body: Body, generator: np.random.Generator, frames: int) -> Motion:
    """Frontal view: feet apart and arms overhead, and back, with a hop between."""
    rate = generator.uniform(0.8, 1.1)
    beat = rate * np.arange(frames) / FRAMES_PER_SECOND + generator.uniform()
    wide = smooth(0.5 - 0.62 * np.cos(2 * np.pi * beat))
    hop = 0.035 * np.sin(2 * np.pi * beat) ** 2
    spread = 0.055 + generator.uniform(0.12, 0.16) * wide
    reach = np.sqrt((0.998 * body.leg) ** 2 - (spread - body.hip) ** 2)
    crouch = 0.004 * np.cos(2 * np.pi * beat) ** 4
    pelvis = column(sway(frames, generator, 0.006), body.ankle + reach - crouch + hop, frames)
    pose = Pose(body, pelvis, sway(frames, generator, 0.012), "frontal")
    top = np.radians(generator.uniform(148, 166))
    for side, sign in (("near", 1), ("far", -1)):
        pose.arm(side, sign * (0.12 + (top - 0.12) * wide), sign * np.radians(4 + 10 * wide))
        pose.leg(side, column(sign * spread, hop, frames))
    return pose.motion()


def punch(body: Body, generator: np.random.Generator, frames: int) -> Motion:
    """Side view: a boxer's stance, left and right punches in turn."""
    rate = generator.uniform(0.75, 1.0)
    beat = 2 * np.pi * (rate * np.arange(frames) / FRAMES_PER_SECOND + generator.uniform())
    thrust = {"near": smooth(1.6 * np.sin(beat) - 0.3), "far": smooth(-1.6 * np.sin(beat) - 0.3)}
    bob = 0.008 * np.sin(2 * beat) + sway(frames, generator, 0.004)
    push = 0.03 * (thrust["near"] + thrust["far"])
    pelvis = column(-0.02 + push, body.ankle + 0.93 * body.leg + bob, frames)
    lean = np.radians(generator.uniform(4, 10)) + 1.6 * push + sway(frames, generator, 0.015)
    pose = Pose(body, pelvis, lean, "side")
    apart, height = generator.uniform((0.11, 0.0), (0.15, 0.05))
    for side, sign in (("near", -1), ("far", 1)):
        guard = pose.joints["chest"] + (0.125 + 0.03 * sign, 0.02 + 0.02 * sign)
        target = pose.joints["chest"] + (0.335, height)
        # The near (rear) shoulder turns forward with its punch.
        pose.joints[f"shoulder_{side}"] += column(0.035 * thrust[side] + 0.015 * sign, 0.0, frames)
        pose.reach(side, guard + (target - guard) * thrust[side][:, None])
        lift = np.radians(-22.0) if side == "near" else 0.0
        pose.leg(side, column(sign * apart, 0.0, frames), lift * (0.5 + 0.5 * thrust[side]))
    return pose.motion()


Performer = Callable[[Body, np.random.Generator, int], Motion]

#: Action -> its performance; the reversed ones are made by :func:`perform`.
_PERFORMERS: dict[str, Performer] = {
    "HandWaveFast": hand_wave_fast,
    "HandWaveSlow": hand_wave_slow,
    "JumpingJack": jumping_jack,
    "PickUp": pick_up,
    "Punch": punch,
    "SitDown": sit_down,
    "WalkForward": walk,
}
_REVERSALS = {second: first for first, second, kind in PAIRS if kind == "time reversal"}

#: Names of all actions, in alphabetical order.
ACTIONS: tuple[str, ...] = tuple(sorted([*_PERFORMERS, *_REVERSALS]))


def perform(action: str, body: Body, generator: np.random.Generator, frames: int) -> Motion:
    """Let ``body`` perform ``action`` for ``frames`` frames in a style drawn from ``generator``.

    Raises
    ------
    InputError
        If the action is unknown.

    Examples
    --------
    >>> forward = perform("SitDown", Body(), np.random.default_rng(1), 50)
    >>> backward = perform("StandUp", Body(), np.random.default_rng(1), 50)
    >>> bool(np.all(forward.joints["head"] == backward.joints["head"][::-1]))
    True
    """
    if action not in ACTIONS:
        raise InputError(f"unknown built-in action {action!r}: choose one of {', '.join(ACTIONS)}")
    if action in _REVERSALS:
        return perform(_REVERSALS[action], body, generator, frames).reversed()
    return _PERFORMERS[action](body, generator, frames)
