// Package browsertest drives the pages below /accounts/ in a real browser, Debian's
// chromium without a window, as people use them: the program as it is built, behind a
// real nginx with TLS and the repository's own accounts.conf, beside a real Prosody in
// which those people then log in. It is a module of its own, so that the driver is in
// nobody's go.mod who imports the service.
//
//	main_test.go      builds the program, starts one browser for all tests
//	world_test.go     what a story happens in: service, nginx (site_test.go), Prosody
//	page_test.go      a tab: open, fill by label, press by name, read
//	watch_test.go     what a tab must never do: complain, fail, ask another host
//	*_story_test.go   the stories
//	tour_test.go      every page there is, in both languages and both colours:
//	                  accessible_test.go and accessible.js look at each, and
//	                  picture_test.go takes its picture where it is asked to
//
// install.sh installs what is needed. Where that is not there, tests are skipped with
// the reason, or fail if JITSIAUTH_REQUIRE_BROWSER=1 is set.
package browsertest
