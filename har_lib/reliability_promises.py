"""What may be relied on, and the tests that show it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Promise:
    """What a user may rely on, and the tests that show it: ``file::test`` below ``tests/``."""

    words: str
    tests: tuple[str, ...]


def _of(file: str, words: str, *tests: str) -> Promise:
    return Promise(words, tuple(f"{file}.py::{test}" for test in tests))


#: Heading -> promises.
PROMISES: Mapping[str, tuple[Promise, ...]] = {
    "Clips": (
        _of(
            "test_damaged_clips",
            "A clip that is damaged or cannot be read ends a command, once all others are done, "
            "with a list of all such clips; they are left out, or used as far as they can be "
            "decoded and flagged, only where that is asked for (`--damaged-clips skip`, `accept`).",
            "test_refused_when_all_others_are_done",
            "test_skipped_and_listed",
            "test_accepted_and_flagged",
            "test_what_was_accepted_once_is_refused_again",
        ),
        _of(
            "test_integrity",
            "Found are: files that cannot be opened or hold no frame, that are cut short, whose "
            "parts contradict each other, whose index promises other frames than are decoded, "
            "frames that the decoder finds damaged or that change size. No real clip at hand "
            "raises a false alarm. That holds for AVI, MP4, MOV, Matroska and WebM; of other "
            "containers only what the decoder notices is found. Not found are changed bits that "
            "still make a valid frame, an MP4 in fragments that ends between two of them, and "
            "what the study of mutated clips states below.",
            "test_a_clip_cut_short_is_not_whole",
            "test_decoder_alone_would_not_notice_frames_that_were_taken_out",
            "test_content_that_breaks_the_rules_of_its_codec",
            "test_frames_that_change_size",
            "test_no_false_alarm_on_real_clips",
        ),
        _of(
            "test_container_fragments",
            "A fragment of an MP4 that can no longer be read is missed; no false alarm in any of "
            "the ways to write fragments that were tried.",
            "test_a_fragment_that_cannot_be_read_is_missed",
            "test_no_false_alarm_however_fragments_are_written",
        ),
        _of(
            "test_odd_names",
            "A clip whose name is no UTF-8 is listed like any other that cannot be read; no name "
            "commands the terminal.",
            "test_a_name_that_is_no_utf_8_is_listed_as_any_clip_that_cannot_be_read",
            "test_no_name_commands_the_terminal",
        ),
        _of(
            "test_datasets",
            "A clip that `groups.csv` in the folder names, and a class of UCF101, must be there.",
            "test_a_clip_that_the_table_in_the_folder_names_must_be_there",
            "test_a_class_of_ucf101_without_a_clip_is_missed",
        ),
        _of(
            "test_containers",
            "No file makes the reader of containers run for ever, or take memory for what it only "
            "claims to hold.",
            "test_no_byte_can_raise_or_stop_the_walk",
            "test_tables_of_a_billion_lines_are_not_read",
        ),
        _of(
            "test_checking",
            "`har data check DIR` lists every problem of a folder, and clips of the same content.",
            "test_a_hundred_clips_of_which_ten_are_broken_in_ten_ways",
            "test_the_command_fails_and_leaves_a_table",
        ),
    ),
    "Fetching": (
        _of(
            "test_fetch",
            "A download goes on where it was ended, appears under its name only when size and "
            "SHA-256 are right, and ends in one line when the server drops, stalls, lies or is "
            "away.",
            "test_a_server_that_misbehaves",
            "test_a_killed_download_goes_on_where_it_was",
            "test_two_at_once_do_each_other_no_harm",
            "test_a_redirection_may_not_leave_https",
        ),
        _of(
            "test_archives",
            "Nothing is unpacked from an archive with paths that lead elsewhere, links, devices, "
            "names that clash, or more than it states; what is unpacked appears all at once.",
            "test_a_hostile_archive_is_refused_for_its_reason_and_leaves_nothing",
            "test_honest_archives_with_changed_bytes_are_refused_or_hold_what_they_held",
            "test_killed_in_the_middle_it_is_unpacked_by_the_next_run",
        ),
    ),
    "Crashes": (
        _of(
            "test_torture_kills",
            "After SIGKILL at any moment the same command finishes, with the same result to the "
            "last bit, and repeats at most the work of one clip, one checkpoint or one notebook.",
            "test_two_kills_and_what_the_next_run_leaves_is_as_if_undisturbed",
        ),
        _of(
            "test_torture_crowd",
            "Commands that run at once on one store do each other no harm.",
            "test_a_crowd_leaves_what_one_alone_leaves",
        ),
        _of(
            "test_driver",
            "Two runs never mix their results in one folder: the second is refused.",
            "test_two_at_once_do_not_mix_in_one_folder",
        ),
        _of(
            "test_disasters",
            "A full disk, a folder that may only be read, data that vanish and a clock that jumps "
            "end in one line or change nothing; nothing half-written is read.",
            "test_whichever_write_of_an_extraction_fails_what_is_finished_stays",
            "test_a_full_disk_names_the_file_and_not_the_temporary_one",
            "test_clips_that_vanish_in_the_middle_are_listed_and_the_others_stay",
            "test_what_was_made_in_the_future_is_used_and_a_change_is_seen",
        ),
        _of(
            "test_torture_crowd",
            "Memory hardly grows with the number of clips.",
            "test_memory_does_not_grow_with_the_number_of_clips",
        ),
    ),
    "Nothing is run that was read": (
        _of(
            "test_no_code_from_data",
            "Nothing unpickles, evaluates, or hands to a shell what it has read; paths in tables "
            "and lists lead nowhere; a notebook from elsewhere is read and not run.",
            "test_no_source_runs_what_it_reads",
            "test_a_model_that_holds_a_payload_is_refused",
            "test_paths_in_tables_lead_nowhere",
            "test_a_notebook_from_elsewhere_is_read_and_not_run",
        ),
        _of(
            "test_no_code_from_data",
            "JupyterLab and the container answer to this machine alone, and ask for the token.",
            "test_jupyterlab_listens_to_this_machine_and_asks_for_its_token",
            "test_a_container_is_published_to_this_machine_alone",
        ),
        _of(
            "test_torture_readers",
            "Any other file, whatever its bytes, is used, made again or refused in one line that "
            "names it.",
            "test_a_short_study_finds_nothing",
            "test_a_model_with_one_other_digit_is_refused",
            "test_a_pattern_that_would_take_years_is_refused",
        ),
        _of(
            "test_licences",
            "What is installed is pinned, and [listed with its licence](licences.md); `make "
            "vulnerabilities` looks it up among known vulnerabilities.",
            "test_every_pinned_package_has_its_row",
            "test_rows_say_what_the_installed_packages_say",
        ),
    ),
}
