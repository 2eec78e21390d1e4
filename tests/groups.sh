# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The groups of script/test, in the order in which they run, and how those work that need more than a script
# tests/GROUP/run. Each group_… prints the lines that script/test counts (described there). Build directories are kept,
# so a second run builds only what changed.

# shellcheck disable=SC2034 # read by script/test
GROUPS_OF_TESTS=(
	"unit|the cases beside the code and the engine, gcc"
	"clang|the program built by clang with all warnings as errors, and what it finds"
	"sanitize|unit and golden under AddressSanitizer and UndefinedBehaviorSanitizer"
	"thread|the engine and its workers under ThreadSanitizer; 1, 2 and 8 workers say the same"
	"bpf|the kernel part by BPF_PROG_TEST_RUN: tables, handshakes, its parser beside the decoder"
	"golden|captures and the incidents that must, or must not, come of them"
	"gen|the generator of captures"
	"cli|the program from outside: options, messages, exit statuses, bad input"
	"e2e|weir run and weir drill with real clients and servers, in network namespaces"
	"fuzz|each libFuzzer target a fixed number of executions, sanitized"
	"storm|what is found in a calm capture is found when a flood is mixed in"
	"coverage|lines of decode, track, detect, correlate that unit and golden reach"
	"docs|the manual pages build, and name every kind and option"
	"lint|format, layers, cppcheck, shellcheck, house rules, clang-tidy on what changed (script/lint: on all)"
)

FUZZ_RUNS=8000        # executions of each fuzz target
COVERED_STAGES="decode track detect correlate"
COVERAGE_PERCENT=90   # of the lines of each of them

# Tests run against this build directory and its weir from here on.
use_build()
{
	export WEIR_BUILD=$WEIR_SOURCE/$1
	export WEIR=$WEIR_BUILD/weir
}

# set_up DIRECTORY [meson options]: configures it once.
set_up()
{
	local dir=$1

	shift
	[[ -f $dir/build.ninja ]] || meson setup "$dir" "$@"
}

# build_in DIRECTORY [meson options]: configures it, and builds the program and the generator, or says that it failed.
# Not all there is: ninja's "all" has the unit tests in it, which meson test builds where they are wanted.
build_in()
{
	set_up "$@" && ninja -C "$1" weir tests/make_captures && return
	echo "not ok build of $1 # ninja -C $1"
	return 1
}

# build_to_test DIRECTORY [meson options]: the same for what is only tested, in two thirds of the time: no LTO, of what
# a debugger wants to know only the lines, and, where there is one, a linker that is quick with many small programs.
build_to_test()
{
	if command -v ld.gold >/dev/null; then
		local -x CC_LD=gold
	fi
	build_in "$@" --buildtype=debug -Db_lto=false -Ddebug=false -Dc_args=-g1 -Dc_link_args=-g1
}

build_sanitize()
{
	build_to_test build-sanitize -Doptimization=1 -Db_sanitize=address,undefined
}

export_sanitizer_options()
{
	export ASAN_OPTIONS=halt_on_error=1:strict_string_checks=1:detect_stack_use_after_return=1
	export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
	export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
}

# The log of meson as result lines: one for each cmocka case, or one for a program that says nothing of its cases or
# dies between them. Passed, failed and skipped cases are named twice by cmocka, so only the first time counts.
cases_of_testlog()
{
	local dir=$1

	awk -v dir="$dir" '
	function end_program() {
		if (program == "")
			return
		again = " # meson test -C " dir " " program
		if (result != "exit status 0" && !failed)
			print "not ok " program " (" result ")" again
		else if (result == "exit status 0" && !cases)
			print "ok " program
	}
	function begin_program(name) {
		end_program()
		program = name
		result = ""
		cases = failed = 0
		split("", seen)
	}
	function take(word, name, after) {
		if ((word name) in seen)
			return
		seen[word name] = 1
		cases++
		print word " " program "/" name after
	}
	/^test: / { sub(/^.* \/ /, ""); sub(/^test: *([^ ]*:)?/, ""); begin_program($0) }
	/^result: / { sub(/^result: */, ""); result = $0 }
	/^\[       OK \] / { take("ok", $NF, "") }
	/^\[  SKIPPED \] [^ ]*$/ { take("skip", $NF, " the case skipped itself (a capture or library is absent)") }
	/^\[  FAILED  \] [^ ]*$/ { failed = 1; take("not ok", $NF, " # meson test -C " dir " " program) }
	END { end_program() }
	' "$dir/meson-logs/testlog.txt"
}

# has_meson_tests DIRECTORY SUITE
has_meson_tests()
{
	local list

	list=$(meson test -C "$1" --list --suite "$2" 2>/dev/null)
	[[ $list == *" / "* ]]
}

# run_meson_tests DIRECTORY SUITE [options of meson test]: builds and runs the tests of the suite.
run_meson_tests()
{
	local dir=$1 suite=$2 log=$1/meson-logs/testlog.txt

	shift 2
	rm -f "$log"
	meson test -C "$dir" --print-errorlogs --suite "$suite" "$@"
	if [[ -s $log ]] && has_meson_tests "$dir" "$suite"; then
		cases_of_testlog "$dir"
	else
		echo "not ok tests of $dir do not build # meson test -C $dir --suite $suite"
	fi
}

# A group that lives in tests/GROUP/run.
run_script()
{
	local script=tests/$1/run

	if [[ ! -x $script ]]; then
		echo "skip $1 there is no $script"
		return
	fi
	if [[ ! -x $WEIR ]]; then
		build_in "${WEIR_BUILD##*/}" || return 0
	fi
	"$script"
}

# Little optimised and without LTO: a hundred and fifty small programs are built in a fraction of the time. The
# compiler's warnings that need optimisation come with -O1; what is measured and shipped is built with all of it. What
# they reach is written down on the way, for the group coverage.
build_unit()
{
	CC=gcc build_to_test build-unit -Doptimization=1 -Db_coverage=true
}

# has_reached FOLDER...: each has notes of lines that were run.
has_reached()
{
	local folder

	for folder in "$@"; do
		compgen -G "$folder/*.gcda" >/dev/null || return
	done
}

group_unit()
{
	build_unit || return 0
	find build-unit -name '*.gcda' -delete
	run_meson_tests build-unit unit
	run_meson_tests build-unit engine
}

# All of the program, and what it finds. The unit tests are built by gcc (unit, sanitize, coverage); each parser runs
# as built by clang in the group fuzz.
group_clang()
{
	CC=clang-14 build_to_test build-clang || return 0
	use_build build-clang
	tests/golden/run 'attacks/*' 'bots/*' 'made/*'
	use_build build
}

group_sanitize()
{
	build_sanitize || return 0
	export_sanitizer_options
	run_meson_tests build-sanitize unit
	run_meson_tests build-sanitize engine
	use_build build-sanitize
	run_script golden
	use_build build
}

# When it has to be quick, with the program that the unit tests were built with.
group_golden()
{
	if ((${WEIR_QUICK:-0})); then
		build_unit || return 0
		use_build build-unit
		run_script golden
		use_build build
	else
		build_in build && run_script golden
	fi
}

group_cli()
{
	build_in build && run_script cli
}

group_storm()
{
	build_in build && run_script storm
}

group_gen()
{
	build_unit || return 0
	if has_meson_tests build-unit gen; then
		run_meson_tests build-unit gen
	else
		run_script gen
	fi
}

# Each row of the tables is a case; without root or BPF they skip themselves.
group_bpf()
{
	build_unit || return 0
	run_meson_tests build-unit bpf
}

group_e2e()
{
	build_in build && ninja -C build tests/e2e/flood && run_script e2e
}

# A file to work on for groups that need one but are not about its content.
make_demo_capture()
{
	if ! ninja -C build tests/make_captures; then
		echo "skip demo.pcap the generator does not build yet"
		return 1
	fi
	build/tests/make_captures demo -o build-test/demo.pcap
}

# same_with_workers CAPTURE: the incidents of 1, 2 and 8 workers are the same, byte for byte, without a data race.
same_with_workers()
{
	local capture=$1 name=${1##*/} workers status

	for workers in 1 2 8; do
		"$WEIR" inspect -j --workers "$workers" "$capture" >"build-test/workers-$workers.json"
		status=$?
		if ((status > 1)); then
			echo "not ok $name with $workers workers (exit status $status)"
			continue
		fi
		if cmp "build-test/workers-1.json" "build-test/workers-$workers.json"; then
			echo "ok $name with $workers workers"
		else
			echo "not ok $name with $workers workers differs from one"
		fi
	done
}

group_thread()
{
	build_to_test build-thread -Doptimization=2 -Db_sanitize=thread || return 0
	export_sanitizer_options
	! has_meson_tests build-thread engine || run_meson_tests build-thread engine
	build_in build && make_demo_capture || return 0
	use_build build-thread
	same_with_workers build-test/demo.pcap
	use_build build
}

group_fuzz()
{
	CC=clang-14 set_up build-fuzz -Dfuzz=true -Dtests=disabled -Db_lto=false \
		--buildtype=debugoptimized || return
	ninja -C build-fuzz fuzz || {
		echo "not ok build of build-fuzz # ninja -C build-fuzz fuzz"
		return
	}
	export_sanitizer_options
	FUZZ_RUNS=$FUZZ_RUNS tests/fuzz/run
}

# Lines reached in each covered stage, from gcovr's table: file, lines, reached.
coverage_by_stage()
{
	awk -F, -v least="$COVERAGE_PERCENT" -v stages="$COVERED_STAGES" '
	NR > 1 { split($1, part, "/"); lines[part[2]] += $2; reached[part[2]] += $3 }
	END {
		count = split(stages, list, " ")
		for (i = 1; i <= count; i++) {
			stage = list[i]
			percent = lines[stage] ? 100 * reached[stage] / lines[stage] : 0
			words = percent < least ? "not ok" : "ok"
			printf "%s src/%s %.1f%% of %d lines reached\n", words, stage, percent, lines[stage]
		}
	}' "$1"
}

# What the unit tests and a part of the captures (all were run by golden; a part reaches the same lines) have reached.
group_coverage()
{
	local stage folders=()

	build_unit || return 0
	for stage in $COVERED_STAGES; do
		folders+=("build-unit/src/libweir_$stage.a.p")
	done
	has_reached "${folders[@]}" || group_unit | sed 's/^ok /passed: /; s/^skip /skipped: /'
	use_build build-unit
	WEIR_QUICK=1 run_script golden | sed 's/^ok /passed: /; s/^skip /skipped: /'
	use_build build
	gcovr --root . "${folders[@]}" --filter "src/(${COVERED_STAGES// /|})/" \
		--exclude '.*_test\.c' --exclude-unreachable-branches --print-summary \
		--csv build-test/coverage.csv --txt - || return
	coverage_by_stage build-test/coverage.csv
}

# Every incident kind, by its stable name, from the one list.
kind_names()
{
	sed -n 's/^\tKIND([A-Z0-9_]*, "\([a-z0-9.]*\)".*/\1/p; s/^\tAMPLIFIER([A-Z]*, "\([a-z]*\)".*/amplification.\1/p' \
		src/kinds.h
}

build_manual()
{
	local pages

	mapfile -t pages < <(ninja -C build -t targets all | sed -n 's,^\(docs/[^:]*\):.*,\1,p')
	ninja -C build "${pages[@]}"
}

# docs_hold NAME PAGE WORD...: all the words stand in the page.
docs_hold()
{
	local name=$1 page=$2 word missing=()

	shift 2
	for word in "$@"; do
		grep -qF -- "$word" "$page" || missing+=("$word")
	done
	if ((${#missing[@]})); then
		echo "not ok $name: $page does not mention ${missing[*]}"
	else
		echo "ok $name"
	fi
}

# The scripts and the subcommands that the README tells people to run are there.
readme_commands()
{
	local command

	while read -r command; do
		if [[ -x $command ]]; then
			echo "ok README: $command"
		else
			echo "not ok README: $command is not there or cannot be run"
		fi
	done < <(grep -o '\./script/[a-z]*' README.md | sort -u)
	if "$WEIR" inspect --help >build-test/inspect-help.txt; then
		echo "ok README: build/weir inspect"
	else
		echo "not ok README: build/weir inspect --help fails"
	fi
}

group_docs()
{
	local options kinds pages page

	build_in build && build_manual || return 0
	mapfile -t kinds < <(kind_names)
	docs_hold "kinds in the manual" docs/weir-inspect.1.scd "${kinds[@]}"
	readme_commands
	mapfile -t options < <(grep -oE -- '(^|[ ,|])--[a-z][a-z-]+' build-test/inspect-help.txt |
		tr -d ' ,|' | sort -u)
	docs_hold "options in the manual" docs/weir-inspect.1.scd "${options[@]}"
	pages=(docs/*.scd)
	for page in "${pages[@]}"; do
		if scdoc <"$page" >/dev/null; then
			echo "ok $page"
		else
			echo "not ok $page # scdoc < $page"
		fi
	done
}

group_lint()
{
	script/lint --quick
}
