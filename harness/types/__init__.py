"""The vocabulary: frozen records that pass between rooms, and the protocols that rooms keep. Imports nothing of ours.

Units, everywhere: memory in MiB (2**20 bytes), time in seconds, money in US dollars. A ratio is baseline / candidate:
2.0 means half the memory or half the CPU time, and more is better.
"""

from harness.types.agents import Agent, Brief, Commit, Committing, Report, SessionEnd
from harness.types.judging import Bench, Check, Evaluator, HotLine, Pair, Profile
from harness.types.loop import SIMPLIFY, Candidate, Event, Order, Outcome, Reading, Score, Usage, candidate_id
from harness.types.models import (
    AnswerSchema,
    Capability,
    Model,
    Prompt,
    Reply,
    ToolCall,
    ToolResult,
    ToolSpec,
    Turn,
)
from harness.types.running import Job, JobResult, Protection, Sandbox
from harness.types.strategies import Strategy, Tools
from harness.types.target import (
    Interpreter,
    Knob,
    Limits,
    Metamorphic,
    Objective,
    Promise,
    Rules,
    Statistical,
    Target,
    Toolchain,
    Workload,
)
from harness.types.words import JsonObject, Level, Stage, Status, Watch

__all__ = [
    "SIMPLIFY",
    "Agent",
    "AnswerSchema",
    "Bench",
    "Brief",
    "Candidate",
    "Capability",
    "Check",
    "Commit",
    "Committing",
    "Evaluator",
    "Event",
    "HotLine",
    "Interpreter",
    "Job",
    "JobResult",
    "JsonObject",
    "Knob",
    "Level",
    "Limits",
    "Metamorphic",
    "Model",
    "Objective",
    "Order",
    "Outcome",
    "Pair",
    "Profile",
    "Promise",
    "Prompt",
    "Protection",
    "Reading",
    "Reply",
    "Report",
    "Rules",
    "Sandbox",
    "Score",
    "SessionEnd",
    "Stage",
    "Statistical",
    "Status",
    "Strategy",
    "Target",
    "ToolCall",
    "ToolResult",
    "ToolSpec",
    "Toolchain",
    "Tools",
    "Turn",
    "Usage",
    "Watch",
    "Workload",
    "candidate_id",
]
