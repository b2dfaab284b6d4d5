"""Helper library of the replication of "Automatic Human Action Recognition Model Based on
Adaptive Long Short Term Memory" (2023), https://doi.org/10.48047/IJIEMR/V12/ISSUE02/11.

Layers, each importing only itself and those before it:
ground (paper, equations, config, files, errors); kernels (video, keyframes, shape, stip,
coverage, lstm, seagull, metrics); assembly (synthetic, datasets, features, store, alstm,
baselines, evaluate); replication (plots, notebooks, cli, ...).
"""

__version__ = "0.1.0"
