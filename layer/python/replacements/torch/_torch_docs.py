"""The texts of torch's docstrings: the build takes out most of what would fill them in."""

reproducibility_notes = {
    "forward_reproducibility_note": "",
    "backward_reproducibility_note": "",
    "cudnn_reproducibility_note": "",
}
common_args: dict[str, str] = {}
sparse_support_notes = tf32_notes = factory_common_args = multi_dim_common = common_args
