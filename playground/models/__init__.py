"""Models: which there are, how they come here, are loaded and saved, their log-probs, how they write.

Without torch: memory, package, catalogue -> facts -> hub, own -> shelf. Then templates, loader -> conversion, fetching,
adapters, chat, logps, decode (with llama_decode as its fast path), devices.
"""
