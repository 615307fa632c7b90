"""What leaves the pipeline for places where others look."""
