"""secho beside other TLS echo servers: scripts/compare runs this; tests/bench/README.md explains it.

Read in this order: __main__ (the whole run), peers (who takes part), metrics (what is measured), rounds
(the windows in turn), figures (ratios, median, quartiles), goals, then how it is shown: tables, picture.
"""
