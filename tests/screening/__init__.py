"""Tests of the rule language and the pre-screen."""
