"""The frozen language model: its blocks, the gates on them, and how it is opened on one process or many."""
