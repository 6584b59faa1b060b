"""Models: which there are, how they are loaded and saved, their log-probs, how they write.

catalogue (no torch) -> loader -> adapters, chat, logps, decode (with llama_decode as its fast path), devices.
"""
