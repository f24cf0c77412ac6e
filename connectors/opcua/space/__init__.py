"""What a server's address space holds, and how it is read without asking node by node."""
