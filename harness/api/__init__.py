"""optimize-run from Python: begin a run and watch it, judge one program, read a run that is there.

    from harness import optimize, evaluate, load_run

    run = optimize("microgpt", max_time="2m")
    for tried in run:                        # as they come, while the run goes on
        print(tried.n, tried.score.status, tried.note)
    frame = pandas.DataFrame(run.rows())     # pandas is yours to install

Errors are those of harness.errors; a message is one line.
"""

from harness.api.judgement import Judgement, evaluate
from harness.api.optimizing import load_run, optimize
from harness.api.run import Run

__all__ = ["Judgement", "Run", "evaluate", "load_run", "optimize"]
