package main

import "testing"

func TestAgain(t *testing.T) {
	for _, test := range []struct {
		args    []string
		without []string
		more    []string
		want    string
	}{
		{[]string{"import", "staff.csv"}, []string{"--mode"}, []string{"--mode", "fill"}, "jitsiauth import staff.csv --mode fill"},
		{[]string{"import", "--mode", "create", "staff.csv"}, []string{"--mode"}, []string{"--mode", "fill"}, "jitsiauth import staff.csv --mode fill"},
		{[]string{"--socket", "a b", "import", "--mode=create", "it's.csv"}, []string{"--mode"}, nil, `jitsiauth --socket 'a b' import 'it'\''s.csv'`},
		{[]string{"import", "$(id).csv", "--mode", "upsert"}, nil, nil, `jitsiauth import '$(id).csv' --mode upsert`},
		{[]string{"import", "社員.csv", ""}, nil, nil, `jitsiauth import 社員.csv ''`},
		{[]string{"import", "-", "--mode"}, []string{"--mode"}, nil, `jitsiauth import -`},
	} {
		if got := (&app{args: test.args}).again(test.without, test.more...); got != test.want {
			t.Errorf("%q: %s, want %s", test.args, got, test.want)
		}
	}
}
