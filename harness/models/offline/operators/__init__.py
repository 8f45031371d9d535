"""The operators: general rewrites of Python programs, one small class each, in files by theme."""

from __future__ import annotations

from functools import cache

from harness.models.offline.rewriting import Operator


@cache
def operators() -> tuple[Operator, ...]:
    """One of each. Imported when first asked for: libcst takes a tenth of a second to load."""
    from harness.models.offline.operators import (
        building,
        calls,
        choice,
        collector,
        containers,
        fields,
        folding,
        fusing,
        imports,
        invariant,
        lifetime,
        literals,
        loops,
        naming,
        recursion,
        reduction,
        remembering,
        streams,
        unused,
        zipping,
    )

    return (
        fusing.FuseProducts(),
        fusing.FuseSum(),
        lifetime.BreakCycle(),
        lifetime.DropDead(),
        loops.ConsumeReversed(),
        collector.CollectorOff(),
        collector.CollectorThreshold(),
        collector.CollectorFreeze(),
        recursion.RecursionToStack(),
        reduction.ListInReduction(),
        loops.LoopIntoFunction(),
        loops.ItemForIndex(),
        invariant.HoistInvariant(),
        choice.MinMaxChoice(),
        choice.IntegerPower(),
        choice.NoSelfAssign(),
        calls.ReflectedAlias(),
        calls.LiteralContainer(),
        containers.KeepStored(),
        containers.IndexByHash(),
        containers.AddSlots(),
        imports.UnusedImport(),
        building.LoopToComprehension(),
        building.QueueForList(),
        building.ItemWithIndex(),
        naming.ModuleFunction(),
        naming.InlineFunction(),
        remembering.RememberAnswers(),
        unused.UnusedDefinition(),
        zipping.ZipForIndex(),
        naming.InlineMethod(),
        fields.SharedDefault(),
        fields.UnusedField(),
        literals.TupleForList(),
        literals.MembersByHash(),
        literals.NamesForKeys(),
        folding.CommonSubexpression(),
        folding.FoldConstants(),
        streams.FuseComprehensions(),
        streams.JoinPieces(),
        streams.StreamLines(),
        collector.CollectWhenQuiet(),
    )
