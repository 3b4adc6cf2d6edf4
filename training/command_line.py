"""The command line: `python -m training prepare | train | sweep | evaluate | card | complete | generate | batch`, and
those of releases: `publish | list | show | verify`."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from coldopen.engine import Engine
from coldopen.errors import ColdOpenError
from coldopen.network import ScriptNetwork
from training.batch.command import add_batch_command
from training.complete import complete
from training.data.corpus import AUXILIARY, Corpus, read_auxiliary, read_corpus, text_to_learn
from training.data.hints import add_hints, hints_of
from training.data.report import first_speeches
from training.evaluation.card import write_card
from training.evaluation.report import CALIBRATION, EVALUATION, evaluate, tables_of
from training.evaluation.served import compare_served
from training.evaluation.target import open_target
from training.evaluation.verdict import verdict
from training.fit.interrupt import Interrupted, stop_signals
from training.fit.loop import fit
from training.fit.process_group import process_group
from training.generate_command import add_generate_command
from training.lock import alone_in
from training.preset import Preset, read_preset
from training.release.commands import add_release_commands
from training.run import SKIPPED, Run, folder_of, latest_folder, prepare
from training.sweep import sweep


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, by default the process's.

    Returns:
        The exit code: 0, 1 for an error, 130 if interrupted, 141 if nobody reads on, as a shell counts signals. Bad
        arguments end the process with 2.
    """
    arguments = _parser().parse_args(argv)
    try:
        arguments.command(arguments)
        sys.stdout.flush()  # here, where a reader that has gone can be dealt with
    except BrokenPipeError:  # as of `| head`: no command writes to another pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor does Python complain when it ends
        return 141
    except Interrupted as stop:
        if os.environ.get("RANK", "0") == "0":  # all processes of torchrun stop, one says so
            print(stop, file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        return 130
    except ColdOpenError as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder that may not be written to
        print(f"training: {_sentence(error)}", file=sys.stderr)
        return 1
    return 0


def _sentence(error: OSError) -> str:
    """What the system refused, and what to do."""
    advice = ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        advice = "; make room, and the same command goes on from what was saved"
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        advice = "; choose another folder, or see who may write there"
    return f"{error.filename or 'a file'} can't be read or written: {error.strerror}{advice}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Train the script writer and publish it.")
    commands = parser.add_subparsers(required=True, metavar="command")

    corpus = argparse.ArgumentParser(add_help=False)
    corpus.add_argument("--scripts", type=Path, help="a file, a folder or an archive; default: 96 real episodes")
    add_hints(corpus)
    corpus.add_argument("--folder", type=Path, help="where to write; default: a folder of its own in runs/")
    auxiliary = argparse.ArgumentParser(add_help=False)
    auxiliary.add_argument(
        "--auxiliary", metavar="PATH", help=f"scripts to learn from too; {AUXILIARY}: those of The Office, fetched once"
    )
    preset = argparse.ArgumentParser(add_help=False)
    preset.add_argument("--preset", default="tuned", help="a preset's name or .toml file; default: tuned")

    sub = commands.add_parser(
        "prepare", parents=[corpus, auxiliary, preset], help="read the scripts and make the run's folder"
    )
    sub.set_defaults(command=_prepare)
    sub.add_argument("--show", type=int, default=0, metavar="N", help="print the first N lines as they are learnt")

    sub = commands.add_parser(
        "train", parents=[corpus, auxiliary, preset], help="train, or go on training, to the last epoch"
    )
    sub.set_defaults(command=_train)
    sub.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")

    sub = commands.add_parser("sweep", parents=[corpus], help="try the original's findings again, on a small part")
    sub.set_defaults(command=_sweep)
    sub.add_argument("--words", type=int, default=60_000, help="of the corpus that take part; default: 60,000")
    sub.add_argument("--epochs", type=int, default=10, help="of each training; default: 10")
    sub.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")

    sub = commands.add_parser("evaluate", help="measure a model: perplexity, calibration, the scripts that it writes")
    sub.set_defaults(command=_evaluate)
    sub.add_argument("--folder", type=Path, help="a run's or a bundle's folder; default: the latest run")
    sub.add_argument("--scripts", type=Path, help="for a bundle: the scripts that it was trained on")
    sub.add_argument("--served", action="store_true", help="the form that serves beside the plain network, on test")

    sub = commands.add_parser("card", help="write the model card of a model that was evaluated")
    sub.set_defaults(command=_card)
    sub.add_argument("--folder", type=Path, help="a run's or a bundle's folder; default: the latest run")

    sub = commands.add_parser(
        "complete", parents=[auxiliary], help="make a bundle's lexicon and copies anew from its scripts"
    )
    sub.set_defaults(command=_complete)
    sub.add_argument("--folder", type=Path, help="a run's or a bundle's folder; default: the latest run")
    sub.add_argument("--scripts", type=Path, required=True, help="the scripts that it was trained on")
    sub.add_argument("--english", action="store_true", help="names and places as English writes them, for lower case")

    add_generate_command(commands)
    add_batch_command(commands)
    add_release_commands(commands)
    return parser


def _prepare(arguments: argparse.Namespace) -> None:
    preset, corpus, auxiliary = read_preset(arguments.preset), _corpus(arguments), _auxiliary(arguments)
    folder = arguments.folder or folder_of(preset.name, corpus, auxiliary)
    with alone_in(folder):
        print(_prepared(folder, preset, corpus, auxiliary)[1])
    if arguments.show > 0:
        print(f"\n{first_speeches(text_to_learn(corpus.text, preset.to_dict()), arguments.show)}")


def _corpus(arguments: argparse.Namespace) -> Corpus:
    return read_corpus(arguments.scripts, hints_of(arguments))


def _auxiliary(arguments: argparse.Namespace) -> Corpus | None:
    return read_auxiliary(arguments.auxiliary) if arguments.auxiliary else None


def _prepared(folder: Path, preset: Preset, corpus: Corpus, auxiliary: Corpus | None) -> tuple[Run, str]:
    """The run, and what was understood of its scripts."""
    run = prepare(folder, preset, corpus, auxiliary)
    lines = [run.report.rstrip("\n")]
    if (run.folder / SKIPPED).exists():
        lines.append(f"all that was left out is named in {run.folder / SKIPPED}")
    return run, "\n".join([*lines, f"run: {run.folder}"])


def _train(arguments: argparse.Namespace) -> None:
    preset = read_preset(arguments.preset)
    with process_group(arguments.device) as group:
        corpus, auxiliary = group.main_first(lambda: (_corpus(arguments), _auxiliary(arguments)))
        folder = arguments.folder or folder_of(preset.name, corpus, auxiliary)
        with group.main_holds(alone_in(folder)):
            run, summary = group.main_first(lambda: _prepared(folder, preset, corpus, auxiliary))
            if group.is_main:
                print(summary, flush=True)
            with stop_signals() as should_stop:
                progress = fit(run, preset, group, should_stop)
        if group.is_main:
            best = progress.best
            print(
                f"done: the best of {progress.epoch} epochs is {best.epoch}, with perplexity "
                f"{best.validation_perplexity:.1f} on validation; its bundle: {run.bundle_folder}"
            )


def _sweep(arguments: argparse.Namespace) -> None:
    if arguments.words < 1 or arguments.epochs < 1:
        raise ColdOpenError("--words and --epochs must be at least 1")
    with process_group(arguments.device) as group:
        corpus = group.main_first(lambda: _corpus(arguments))
        folder = arguments.folder or folder_of("sweep", corpus)
        with group.main_holds(alone_in(folder)), stop_signals() as should_stop:
            table = sweep(corpus, arguments.words, arguments.epochs, folder, group, should_stop)
        if group.is_main:
            print(f"{table}\nwritten: {folder / 'sweep.md'}, {folder / 'sweep.png'}")


def _evaluate(arguments: argparse.Namespace) -> None:
    target = open_target(arguments.folder or latest_folder(), arguments.scripts)
    bundle = target.bundle
    print(f"{target.folder}: {bundle.manifest.name}, version {bundle.version}; measuring takes a while\n", flush=True)
    if arguments.served:
        engine = Engine(bundle.manifest.network, bundle.serving())
        print(_served_form(target.network, engine, target.split.test))
        return
    evaluation = evaluate(target)
    print(f"{verdict(evaluation)}\n\n{tables_of(evaluation)}\n")
    print(f"written: {target.folder / EVALUATION}, {target.folder / CALIBRATION}")


def _card(arguments: argparse.Namespace) -> None:
    print(f"written: {write_card(arguments.folder or latest_folder())}")


def _complete(arguments: argparse.Namespace) -> None:
    done = complete(
        arguments.folder or latest_folder(), arguments.scripts, _auxiliary(arguments), english=arguments.english
    )
    lexicon = done.lexicon
    print(
        f"{len(lexicon.cues):,} cues, {len(lexicon.casing):,} words and pairs with capitals, "
        f"{len(lexicon.compounds):,} compounds\n"
        f"{done.folder}: version {done.version}; {', '.join(f'{n}: {size:,} bytes' for n, size in done.sizes.items())}"
    )


def _served_form(network: ScriptNetwork, engine: Engine, ids: Tensor) -> str:
    form = compare_served(network, engine, ids)
    difference = form.served_perplexity / form.plain_perplexity - 1
    return (
        f"{engine.name}, against float32, on {form.words:,} words of test:\n"
        f"perplexity {form.served_perplexity:.2f} against {form.plain_perplexity:.2f} ({difference:+.2%}), "
        f"the same likeliest word at {form.greedy_agreement:.2%}, "
        f"{form.likeliest_overlap:.2%} of the five likeliest shared"
    )
