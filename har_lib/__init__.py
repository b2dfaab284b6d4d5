"""Helper library of the replication of "Automatic Human Action Recognition Model Based on
Adaptive Long Short Term Memory" (2023), https://doi.org/10.48047/IJIEMR/V12/ISSUE02/11.

Four layers, each importing only itself and those before it (``tests/test_layers.py`` names every
module): ground, the paper as data, equations, choices and files; kernels, arrays in and arrays
out; assembly, built-in data, data sets, features, store, classifiers, evaluation; replication,
experiments, plots, notebooks, report, command line.
"""

__version__ = "0.1.0"
