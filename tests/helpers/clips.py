"""What several test files share: clips."""

SIZE = (96, 128)
