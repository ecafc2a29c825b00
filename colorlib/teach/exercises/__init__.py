"""The exercises that can be checked: one file a chapter, one function an exercise.

A function takes the answer and returns what is wrong with it, or None. Those that try an answer on
drawn inputs take a `seed` as well: students have one, the teacher's key another.
"""

from colorlib.teach.exercises.registry import EXERCISES, exercise, exercises

__all__ = ["EXERCISES", "exercise", "exercises"]
