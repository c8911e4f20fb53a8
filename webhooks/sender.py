"""The sender: one event loop per process that claims due deliveries, POSTs them, and settles them together.

Every endpoint has its own lane: so many requests at once, so many claimed rows waiting, both shrinking when it is
slow. A receiver that hangs holds its own few slots and nothing else. The database is spoken to from one thread of its
own, so the loop never waits for it; what has come back is settled within 50 ms, whatever else is still out.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connections

from agentcollect.kit import clock
from agentcollect.kit.http import EgressPolicy, GuardedSession, Outcome, policy_from_settings
from webhooks import operations, rules
from webhooks.operations import Claim, Result, Settled

log = structlog.get_logger()

POLL_SECONDS = 0.05
LEAST_TICK_SECONDS = 0.004  # under load ticks follow each other, but never so closely that each settles one row
SLOTS = 8  # requests at once to one endpoint
SLOW_SLOTS = 2  # to one whose last request was slow
SLOW_MS = 2_000.0
MAX_FLYING = 512  # requests at once: 64 endpoints may hang in all their slots before a healthy one waits
HOLD_MS = 500.0  # an endpoint's claimed rows are what it will take in about this time, so that leases stay fresh
MAX_WINDOW = 256  # … and no more than this
MAX_HELD = 1_024
LEAVE_SECONDS = 3.0  # how long a stopping sender waits for what is out
AFTER_TROUBLE_SECONDS = 1.0


@dataclass(slots=True)
class Lane:
    """One endpoint as this process has learnt to know it."""

    slots: int = SLOTS
    window: int = SLOTS
    pace: float = 100.0  # milliseconds an answer takes, smoothed
    flying: int = 0
    waiting: deque[Claim] = field(default_factory=deque)
    cut: bool = False  # its last claim took all the room it had: there is probably more
    limited: bool = False  # its POSTs are paced as they are claimed: none waits here, to go in a burst later

    @property
    def held(self) -> int:
        return self.flying + len(self.waiting)

    @property
    def most(self) -> int:
        """As many rows of it as all senders together may hold."""
        return self.slots if self.limited else self.window

    @property
    def room(self) -> int:
        return max(0, self.most - self.held)

    @property
    def hungry(self) -> bool:
        return self.cut and self.held * 2 <= self.window

    def learn(self, outcome: Outcome) -> bool:
        """Fit slots and window to how fast it answers; True when it turned slow."""
        took = outcome.timings.get("total_ms", 0.0)
        if outcome.status is None or took >= SLOW_MS:
            turned = self.slots != SLOW_SLOTS
            self.slots = self.window = SLOW_SLOTS
            return turned
        self.pace += (took - self.pace) / 8
        self.slots = SLOTS
        self.window = max(SLOTS, min(MAX_WINDOW, int(SLOTS * HOLD_MS / max(self.pace, 1.0))))
        return False


class Sender:
    """`await Sender().run()` until `stop()`. `now` and `spread` (jitter in [-1, 1]) are seams for tests."""

    def __init__(
        self,
        *,
        policy: EgressPolicy | None = None,
        now: Callable[[], datetime] = clock.now,
        spread: Callable[[], float] = lambda: random.uniform(-1, 1),
    ) -> None:
        self._policy = policy or policy_from_settings()
        # A row is posted only if its lease outlives the longest POST and its settlement.
        self._needs = timedelta(seconds=self._policy.total_deadline_s + 2)
        self._now, self._spread = now, spread
        self._lanes: dict[str, Lane] = {}
        self._results: list[Result] = []
        self._unwanted: list[Claim] = []  # leases to give back
        self._gone: set[str] = set()  # endpoints that answered 410 …
        self._proven: set[str] = set()  # … or their challenge, to be written down
        self._running: set[asyncio.Task[None]] = set()
        self._flying = 0
        self._stopping = False
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sender-db")
        self.delivered = 0  # settled attempts of this process

    async def run(self, *, until_idle: bool = False) -> None:
        """Send until stopped; with `until_idle`, until nothing is due and nothing is out."""
        self._loop = asyncio.get_running_loop()
        try:
            async with GuardedSession(self._policy) as session:
                while not self._stopping:
                    began = self._loop.time()
                    found = await self._tick(session)
                    if until_idle and not found and not self._busy:
                        break
                    await self._pause(began)
                await self._leave()
        finally:
            await self._in_database(connections.close_all)
            self._database.shutdown()

    def stop(self) -> None:
        """From any thread: claim no more, finish or release what is held, return from `run`."""
        self._stopping = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._wake.set)

    @property
    def _busy(self) -> bool:
        owed = self._results or self._unwanted or self._gone or self._proven
        return bool(self._flying or owed or self._held)

    @property
    def _held(self) -> int:
        return sum(lane.held for lane in self._lanes.values())

    async def _tick(self, session: GuardedSession) -> int:
        """Settle, give back, claim, launch; how many were claimed. Database trouble is waited out, not raised."""
        try:
            await self._settle()
            await self._release()
            claims = await self._claim()
        except Exception as error:
            log.exception("webhook_sender_trouble", error=type(error).__name__)
            await self._in_database(connections.close_all)
            await asyncio.sleep(AFTER_TROUBLE_SECONDS)
            return 0
        for claim in claims:
            lane = self._lanes.setdefault(claim.endpoint_id, Lane())
            lane.limited = claim.limited
            lane.waiting.append(claim)
        self._launch(session)
        return len(claims)

    async def _pause(self, began: float) -> None:
        """Until the next poll, or earlier when an endpoint with more in store is running dry."""
        assert self._loop is not None
        await asyncio.sleep(LEAST_TICK_SECONDS)
        left = POLL_SECONDS - (self._loop.time() - began)
        if left > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), left)
        self._wake.clear()

    async def _in_database(self, call: Callable[..., Any], **arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._database, partial(call, **arguments))

    async def _claim(self) -> list[Claim]:
        free = MAX_HELD - self._held
        if free <= 0:
            return []
        room = {name: lane.room for name, lane in self._lanes.items()}
        found: list[Claim] = await self._in_database(
            operations.claim,
            at=self._now(),
            room={name: lane.most for name, lane in self._lanes.items()},
            default_room=SLOTS,
            limit=free,
            holding=[name for name, lane in self._lanes.items() if lane.held],
        )
        taken: dict[str, int] = {}
        for claim in found:
            taken[claim.endpoint_id] = taken.get(claim.endpoint_id, 0) + 1
        for name, lane in self._lanes.items():
            lane.cut = taken.get(name, 0) >= room[name]
        return found

    async def _settle(self) -> None:
        if self._results:
            batch = self._results[:]
            done, opened = await self._write(batch)
            del self._results[: len(batch)]  # only now: what could not be written is tried again
            self.delivered += len(done)
            if len(done) < len(batch):
                log.warning("webhook_lease_lost", deliveries=len(batch) - len(done))
            for name in opened & self._lanes.keys():
                self._give_back(self._lanes[name])
            self._remark(result for result in batch if result.claim.delivery_id in set(done))
        await self._follow_up()

    def _remark(self, settled: Iterable[Result]) -> None:
        for result in settled:
            if result.outcome.status == rules.GONE:
                self._gone.add(result.claim.endpoint_id)
            elif result.claim.challenge and result.outcome.ok:
                self._proven.add(result.claim.endpoint_id)

    async def _follow_up(self) -> None:
        """What a settlement says of an endpoint's own row; kept while the database is in trouble."""
        while self._gone:
            name = min(self._gone)
            await self._tell(operations.disable_gone, endpoint_ids=[name])
            self._gone.discard(name)
        while self._proven:
            name = min(self._proven)
            await self._tell(operations.verified, endpoint_id=name)
            self._proven.discard(name)

    async def _tell(self, call: Callable[..., Any], **arguments: Any) -> None:
        try:
            await self._in_database(call, **arguments, at=self._now())
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # one endpoint's trouble must not stop the sending to all
            log.exception("webhook_follow_up_failed", step=call.__name__, **arguments)

    async def _write(self, batch: list[Result]) -> Settled:
        """Settle; when a row of the batch is one that no table takes, all the others."""
        try:
            settled: Settled = await self._in_database(operations.settle, results=batch, at=self._now())
            return settled
        except (DataError, IntegrityError, ValueError):
            if len(batch) == 1:
                log.exception("webhook_result_refused", delivery=batch[0].claim.delivery_id)
                return Settled([], set())
        each = [await self._write([result]) for result in batch]
        return Settled([name for one in each for name in one.done], {name for one in each for name in one.opened})

    def _give_back(self, lane: Lane) -> None:
        self._unwanted += lane.waiting
        lane.waiting.clear()

    async def _release(self) -> None:
        if self._unwanted:
            batch = self._unwanted[:]
            await self._in_database(operations.release, claims=batch)
            del self._unwanted[: len(batch)]

    def _launch(self, session: GuardedSession) -> None:
        """Start runners until each lane uses its slots."""
        for lane in self._lanes.values():
            while lane.waiting and lane.flying < lane.slots and self._flying < MAX_FLYING:
                lane.flying += 1
                self._flying += 1
                # The runner owns this claim from now on: the next turn of this loop must not see it.
                task = asyncio.create_task(self._drive(session, lane, lane.waiting.popleft()))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
        if len(self._lanes) > 10_000:
            self._lanes = {name: lane for name, lane in self._lanes.items() if lane.held}

    async def _drive(self, session: GuardedSession, lane: Lane, claim: Claim | None) -> None:
        """One slot of a lane: POSTs one after the other until nothing waits or the lane has narrowed."""
        try:
            while claim is not None:
                await self._attempt(session, lane, claim)
                if lane.hungry:
                    self._wake.set()
                more = lane.waiting and lane.flying <= lane.slots and not self._stopping
                claim = lane.waiting.popleft() if more else None
        finally:
            lane.flying -= 1
            self._flying -= 1

    async def _attempt(self, session: GuardedSession, lane: Lane, claim: Claim) -> None:
        started = self._now()
        if claim.lease_until - started < self._needs:
            self._unwanted.append(claim)
            return
        try:
            headers, outcome = await self._post(session, claim, started)
        except asyncio.CancelledError:
            self._unwanted.append(claim)
            raise
        if lane.learn(outcome):
            self._give_back(lane)
        self._results.append(Result(claim, headers, outcome, started, self._now(), self._spread()))

    async def _post(self, session: GuardedSession, claim: Claim, started: datetime) -> tuple[dict[str, str], Outcome]:
        if not claim.secrets:
            words = "The endpoint's signing secret cannot be read; nothing is sent unsigned."
            return {}, Outcome(error=words, error_code="secret_unreadable")
        if claim.headers is None:
            words = "The endpoint's own headers cannot be read; nothing is sent without them."
            return {}, Outcome(error=words, error_code="headers_unreadable")
        ours = rules.request_headers(
            claim.secrets,
            event_id=claim.event_id,
            sequence=claim.sequence,
            body=claim.body,
            timestamp=int(started.timestamp()),
            attempt=claim.attempt,
            replay=claim.replay,
            request_id=claim.request_id,
        )
        # Names were checked when they were given; ours win all the same, for a signature must not be talked over.
        taken = {name.lower() for name in ours}
        own = {name: value for name, value in claim.headers.items() if name.lower() not in taken}
        shown = rules.masked_headers(own) | ours
        try:
            # repeatable: the receiver knows the event by its id, so a request lost with an idle connection is
            # sent once more at once instead of a second later.
            outcome = await session.request(
                "POST", claim.url, own | ours, claim.body, policy=self._policy, pool=claim.endpoint_id, repeatable=True
            )
        except Exception as error:  # ours, not the network's: it must not stop the lane
            log.exception("webhook_post_broken", delivery=claim.delivery_id)
            return shown, Outcome(error=f"Not sent: {type(error).__name__}.", error_code="internal")
        if claim.challenge and outcome.ok and claim.challenge.encode() not in outcome.body:
            outcome.error, outcome.error_code = "The answer did not contain the challenge.", "challenge_unanswered"
        return shown, outcome

    async def _leave(self) -> None:
        """Wait a little for what is out, then give the rest back and settle what came."""
        for lane in self._lanes.values():
            self._give_back(lane)
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=LEAVE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        try:
            await self._settle()
            await self._release()
        except Exception:  # the leases end by themselves
            log.exception("webhook_sender_left_leases", deliveries=len(self._results) + len(self._unwanted))
