"""How many clips each class of UCF101 has: in all, and in the test list of each official split.

Counted from the lists that are published with the data set; where those are at hand a test counts
them again. Nothing else of UCF101 is needed to say which of its numbers exclude each other.
"""

from collections.abc import Mapping
from types import MappingProxyType

from har_lib.errors import InputError

#: Names of the counted sets: test lists, all three pooled (a clip in two lists counts twice), all.
SETS = ("split 1", "split 2", "split 3", "splits pooled", "all clips")

# Class, all clips, test lists 1 to 3.
_COUNTS = """
ApplyEyeMakeup 145 44 39 37
ApplyLipstick 114 32 29 33
Archery 145 41 41 38
BabyCrawling 132 35 35 39
BalanceBeam 108 31 29 31
BandMarching 155 43 45 43
BaseballPitch 150 43 39 40
Basketball 134 35 33 42
BasketballDunk 131 37 36 40
BenchPress 160 48 44 42
Biking 134 38 36 40
Billiards 150 40 46 42
BlowDryHair 131 38 40 34
BlowingCandles 109 33 30 28
BodyWeightSquats 112 30 32 30
Bowling 155 43 43 43
BoxingPunchingBag 163 49 41 45
BoxingSpeedBag 134 37 40 37
BreastStroke 101 28 28 29
BrushingTeeth 131 36 34 34
CleanAndJerk 112 33 33 30
CliffDiving 138 39 41 38
CricketBowling 139 36 39 42
CricketShot 167 49 49 43
CuttingInKitchen 110 33 31 28
Diving 150 45 44 38
Drumming 161 45 43 48
Fencing 111 34 33 28
FieldHockeyPenalty 126 40 37 30
FloorGymnastics 125 36 35 37
FrisbeeCatch 126 37 34 37
FrontCrawl 137 37 38 39
GolfSwing 139 39 33 40
Haircut 130 33 37 35
HammerThrow 150 45 46 36
Hammering 140 33 41 42
HandstandPushups 128 28 37 42
HandstandWalking 111 34 28 31
HeadMassage 147 41 40 41
HighJump 123 37 34 31
HorseRace 124 35 33 36
HorseRiding 164 49 44 44
HulaHoop 125 34 36 35
IceDancing 158 46 42 42
JavelinThrow 117 31 33 33
JugglingBalls 121 40 34 28
JumpRope 144 38 39 43
JumpingJack 123 37 36 31
Kayaking 141 36 36 46
Knitting 123 34 36 34
LongJump 131 39 42 34
Lunges 127 37 39 33
MilitaryParade 125 33 36 37
Mixing 136 45 44 31
MoppingFloor 110 34 28 32
Nunchucks 132 35 40 37
ParallelBars 114 37 33 28
PizzaTossing 113 33 29 29
PlayingCello 164 44 45 47
PlayingDaf 151 41 41 45
PlayingDhol 164 49 48 41
PlayingFlute 155 48 42 42
PlayingGuitar 160 43 46 48
PlayingPiano 105 28 28 33
PlayingSitar 157 44 43 46
PlayingTabla 111 31 32 31
PlayingViolin 100 28 28 28
PoleVault 149 40 39 45
PommelHorse 123 35 34 35
PullUps 100 28 28 28
Punch 160 39 48 45
PushUps 102 30 28 28
Rafting 111 28 33 34
RockClimbingIndoor 144 41 39 37
RopeClimbing 119 34 33 35
Rowing 137 36 44 37
SalsaSpin 133 43 39 33
ShavingBeard 161 43 43 48
Shotput 144 46 42 35
SkateBoarding 120 32 35 34
Skiing 135 40 37 38
Skijet 100 28 28 28
SkyDiving 110 31 29 34
SoccerJuggling 147 39 39 43
SoccerPenalty 137 41 40 35
StillRings 112 32 30 31
SumoWrestling 116 34 33 33
Surfing 126 33 38 39
Swing 131 42 34 36
TableTennisShot 140 39 33 40
TaiChi 100 28 28 28
TennisSwing 166 49 48 45
ThrowDiscus 130 38 37 36
TrampolineJumping 119 32 35 34
Typing 136 43 46 31
UnevenBars 104 28 28 32
VolleyballSpiking 116 35 37 28
WalkingWithDog 123 36 35 34
WallPushups 130 35 36 42
WritingOnBoard 152 45 37 42
YoYo 128 36 35 36
"""


def _read() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {name: {} for name in SETS}
    for line in _COUNTS.split("\n")[1:-1]:
        label, *numbers = line.split()
        everything, *tests = map(int, numbers)
        for name, count in zip(SETS, [*tests, sum(tests), everything], strict=True):
            found[name][label] = count
    return found


#: Set -> class -> clips, the classes in alphabetical order.
SUPPORTS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {name: MappingProxyType(counts) for name, counts in _read().items()}
)


def supports(name: str) -> list[int]:
    """Clips of each class in one of `SETS`, classes in alphabetical order.

    Notes
    -----
    Source: Soomro, Zamir and Shah 2012, UCF101, https://doi.org/10.48550/arXiv.1212.0402.

    Examples
    --------
    >>> sum(supports("split 1")), max(supports("all clips"))
    (3783, 167)
    """
    if name not in SUPPORTS:
        raise InputError(f"{name!r} is no set of UCF101: use one of {', '.join(SETS)}")
    return list(SUPPORTS[name].values())
