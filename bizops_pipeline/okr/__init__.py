"""Objectives and key results: progress, pace, status and forecast of every key result on every day."""
