"""The ways a byte can take. Every arm runs its programs in a cgroup of its own; which one decides what happens to them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    name: str
    title: str
    cgroup: str        # below the run's own, all of them at one depth: where the kernel keeps pressure stall information, each level costs 0.1 to 0.4 us for a task that sleeps and wakes
    policy: str = ""   # whose counters prove that bytes were redirected; "" = nothing is redirected


PLAIN = Arm("plain", "plain TCP, in a cgroup that nothing is attached to: the base of every ratio", "outside/plain")
AGAIN = Arm("again", "plain TCP once more, in another such cgroup: how far from 1.0 the machine alone throws a ratio", "outside/again")
UNMATCHED = Arm("unmatched", "TCP in a cgroup that Shunt watches, where no policy matches", "shunt/unmatched")
SETTLED = Arm("settled", "Shunt, enrolment `Settled` (with `blockingSockets: Accept`)", "shunt/settled", "settled")
HANDSHAKE = Arm("handshake", "Shunt, enrolment `Handshake`", "shunt/handshake", "handshake")
TUTORIAL = Arm("tutorial", "not Shunt: the tutorial's sockops and sk_msg pair, written anew, unguarded", "outside/tutorial")
UNIX = Arm("unix", "Unix sockets: the limit", "outside/unix")

EVERY_ARM = (PLAIN, AGAIN, UNMATCHED, SETTLED, HANDSHAKE, TUTORIAL, UNIX)
PROXIED = (PLAIN, SETTLED, HANDSHAKE, TUTORIAL)
