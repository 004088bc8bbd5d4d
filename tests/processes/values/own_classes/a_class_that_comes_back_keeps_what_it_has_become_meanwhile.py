"""A class that comes back keeps what it has become meanwhile."""

from place import meet_provider

from daffi import BG, FG

g = meet_provider()


class Job:
    count = 0
    made = []

    def method(self):
        return "ours"


registry = Job.made
result = g.call.echo(Job()) & BG
Job.count = 5
assert type(result.get()) is Job
assert Job.count == 5
assert Job.made is registry
assert type(g.call.patch(Job()) & FG) is Job
assert (Job.count, Job().method()) == (5, "ours")
# What it has become here is told there with every value of it.
Job.count, Job.later = 6, 7
assert (g.call.look(lambda job: (type(job).count, type(job).later), Job()) & FG) == (6, 7)
g.stop()
