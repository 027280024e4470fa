//! What a spoiled book is told, and what a good one becomes.
