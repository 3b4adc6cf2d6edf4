"""Texts for torch's docstrings, all empty: the build takes most of the code out that would insert them."""

reproducibility_notes = {
    "forward_reproducibility_note": "",
    "backward_reproducibility_note": "",
    "cudnn_reproducibility_note": "",
}
common_args: dict[str, str] = {}
sparse_support_notes = tf32_notes = factory_common_args = multi_dim_common = common_args
