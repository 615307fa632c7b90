"""A server between a client and the emulator that passes every call on, save for those that a test spoils."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.cloud.firestore_v1.types import BatchWriteRequest, BatchWriteResponse

from pipeline_lib.identity import firestore
from pipeline_lib.storage import firestore_calls

PassOn = Callable[[bytes], Any]
Fault = Callable[[bytes, PassOn, grpc.ServicerContext], Any]

STREAMS = {"BatchGetDocuments", "RunQuery"}


@dataclass
class SpoiledFirestore:
    """Which faults each method's next calls meet, one each, and how many calls there were."""

    faults: defaultdict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    call_counts: Counter[str] = field(default_factory=Counter)

    def spoil(self, method: str, *faults: Fault) -> None:
        self.faults[method].extend(faults)

    @staticmethod
    def refused(status: str, details: str = "") -> Fault:
        """Nothing is done, and the status says so."""
        return lambda _request, _pass_on, context: context.abort(grpc.StatusCode[status], details)

    @staticmethod
    def done_but(status: str) -> Fault:
        """All is done, and yet the status is this one."""

        def fault(request: bytes, pass_on: PassOn, context: grpc.ServicerContext) -> Any:
            pass_on(request)
            context.abort(grpc.StatusCode[status], "in doubt")

        return fault

    @staticmethod
    def broken_off(request: bytes, pass_on: PassOn, context: grpc.ServicerContext) -> Iterator[bytes]:
        """The first of many replies, then an end."""
        yield next(iter(pass_on(request)))
        context.abort(grpc.StatusCode.UNAVAILABLE, "the line is dead")

    @staticmethod
    def first_write(status: str, *, is_made: bool) -> Fault:
        """The first write of a batch gets a status of its own, made or not; the others are made."""

        def fault(request: bytes, pass_on: PassOn, _: grpc.ServicerContext) -> bytes:
            asked = BatchWriteRequest.deserialize(request)
            if not is_made:
                asked.writes = asked.writes[1:]
            made = BatchWriteResponse.deserialize(pass_on(BatchWriteRequest.serialize(asked)))
            others = list(made.status)[-len(asked.writes) + is_made :]
            statuses = [{"code": grpc.StatusCode[status].value[0], "message": "/mappings/252610000001"}, *others]
            return BatchWriteResponse.serialize(BatchWriteResponse(status=statuses))

        return fault

    @staticmethod
    def after(act: Callable[[], object]) -> Fault:
        """Something happens first, such as somebody else's creating; then all is as usual."""

        def fault(request: bytes, pass_on: PassOn, _: grpc.ServicerContext) -> Any:
            act()
            return pass_on(request)

        return fault


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, spoiled: SpoiledFirestore, channel: grpc.Channel) -> None:
        self.spoiled, self.channel = spoiled, channel

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        name = call.method.rpartition("/")[2]
        is_stream = name in STREAMS
        onward = (self.channel.unary_stream if is_stream else self.channel.unary_unary)(call.method)

        def handle(request: bytes, context: grpc.ServicerContext) -> Any:
            def pass_on(request: bytes) -> Any:
                return onward(request, metadata=[("authorization", "Bearer owner")], timeout=600)

            self.spoiled.call_counts[name] += 1
            faults = self.spoiled.faults[name]
            return faults.popleft()(request, pass_on, context) if faults else pass_on(request)

        def handle_stream(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            yield from handle(request, context)

        if is_stream:
            return grpc.unary_stream_rpc_method_handler(handle_stream)
        return grpc.unary_unary_rpc_method_handler(handle)


@pytest.fixture
def spoiled_firestore(
    firestore_host: str, firestore_project: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SpoiledFirestore]:
    """What clients that are made in the test connect to; the patience with it is short."""
    brief = firestore_calls.RETRY.with_delay(initial=0.01).with_timeout(0.2)
    for module in (firestore, firestore_calls):
        monkeypatch.setattr(module, "RETRY", brief)
    monkeypatch.setattr(firestore, "_CREATION_PAUSES_SECONDS", (0, 0, 0))
    spoiled = SpoiledFirestore()
    with grpc.insecure_channel(firestore_host) as channel, ThreadPoolExecutor(4) as threads:
        server = grpc.server(threads)
        server.add_generic_rpc_handlers((_Handler(spoiled, channel),))
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
        server.start()
        try:
            yield spoiled
        finally:
            server.stop(None).wait()
