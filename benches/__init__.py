"""Measures daffi beside raw Python sockets and its peers, in interleaved rounds of one run.

`make bench` runs everything; `make bench BENCH_ARGS=--quick` shows in a moment that it works.
"""
