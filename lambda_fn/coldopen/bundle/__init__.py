"""The bundle: what training hands to serving, as files in a directory or under an S3 prefix.

`state_dict.safetensors` holds the weights, `vocab.json` the words in id order. Three files are optional:
`serving.safetensors`, the same weights as they serve, in int8; `lexicon.json`, what the corpus taught about its words;
and `copies.bin`, which runs of words stand in it. `manifest.json` is written last and holds the size and sha256 of the
others. A bundle is immutable; the first 12 hex digits of its manifest's sha256 are its version. Nothing in a bundle is
executed, and nothing of it is used unchecked.
"""
