"""The sampler is a process of its own: `test_memory.py` runs it, kills what it samples, and reads its samples."""
