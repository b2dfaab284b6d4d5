"""Damage of every kind, in numbers: ``python -m torture``, the same as ``make torture``.

A short form of each part stands among the tests.
"""
