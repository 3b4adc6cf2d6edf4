"""What torch.distributed has where it is on: names that libraries import and do not use with one process."""

from typing import Any, NoReturn

REASON = "a function on Lambda has no other process to work with"
_TEXT = (
    "AllToAllOptions AllreduceCoalescedOptions AllreduceOptions Backend BackendConfig BarrierOptions "
    "BroadcastOptions BuiltinCommHookType DebugLevel DeviceMesh FileStore GatherOptions GradBucket GroupMember "
    "HashStore Logger P2POp PrefixStore ProcessGroupGloo ReduceOp ReduceOptions ReduceScatterOptions Reducer "
    "ScatterOptions Store TCPStore Work all_gather all_gather_coalesced all_gather_into_tensor all_gather_object "
    "all_gather_single all_reduce all_reduce_coalesced all_to_all all_to_all_single barrier batch_isend_irecv "
    "breakpoint broadcast broadcast_object_list default_pg_timeout destroy_process_group gather gather_object "
    "get_backend get_backend_config get_debug_level get_default_backend_for_device get_global_rank get_group_rank "
    "get_node_local_rank get_pg_count get_process_group_ranks get_rank get_world_size group init_device_mesh "
    "init_process_group irecv is_backend_available is_gloo_available is_initialized is_mpi_available "
    "is_nccl_available is_torchelastic_launched is_ucc_available is_xccl_available isend monitored_barrier "
    "new_group new_subgroups new_subgroups_by_enumeration nn record_comm recv recv_object_list reduce reduce_op "
    "reduce_scatter reduce_scatter_single reduce_scatter_tensor register_rendezvous_handler scatter "
    "scatter_object_list send send_object_list set_debug_level set_debug_level_from_env shrink_group split_group "
    "supports_complex"
)
NAMES = frozenset(_TEXT.split())


class _Absent(type):
    """A class of which nothing is made. Its attributes are such classes too: `ReduceOp.SUM` is a default somewhere."""

    def __call__(cls, *_args: Any, **_options: Any) -> NoReturn:
        raise RuntimeError(f"{cls.__qualname__} is not in this layer's torch: {REASON}")

    def __getattr__(cls, name: str) -> "_Absent":
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(f"{cls.__qualname__}.{name}")


def stand_in(name: str) -> _Absent:
    """Return what stands for `name`: it can be imported, asked for in isinstance, and refuses to be called."""
    return _Absent(name.rpartition(".")[2], (), {"__qualname__": name})
