"""The book: README, report, docs and notebooks as pages that a browser opens without a network.

``python -m book``, or ``make site``. Sphinx and what else it needs are the extra ``site``; nothing
of `har_lib` imports it, so that a change here makes no notebook stale.
"""
