"""messages_traced_data.jsonl and individuals_traced_data.jsonl: how every value came to be (semantics.md 0).

Nothing is traced while processing goes on: what each step left is compared when the files are written.
"""
