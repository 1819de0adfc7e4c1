"""What a training prints: boxes, blocks, lines and dicts, pasted or piped. Read where no other reader can."""
