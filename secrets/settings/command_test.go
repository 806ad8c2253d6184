package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  []Setting
	}{
		{[]string{"--password=x"}, []Setting{{Key: "password", Value: "x", KeyAt: 2, At: 11, End: 12}}},
		{[]string{"app", "--password", "x"}, []Setting{{Key: "password", Value: "x", End: 1, Word: 2}}},
		{[]string{"app", "--password", "--verbose"}, nil},
		{[]string{"mysql", "-uroot", "-px"}, []Setting{{Key: "mysql.password", Value: "x", KeyAt: 1, At: 2, End: 3, Word: 2}}},
		{[]string{"mysqladmin", "ping", "-p$(PW)"}, []Setting{{Key: "mysqladmin.password", Value: "$(PW)", KeyAt: 1, At: 2, End: 7, Word: 2}}},
		{[]string{"mysql", "-p", "shop"}, nil},
		{[]string{"mongo", "-p", "x"}, []Setting{{Key: "mongo.password", Value: "x", End: 1, Word: 2}}},
		{[]string{"docker", "run", "-p", "80:80"}, nil},
		{[]string{"DB_PASSWORD=x", "app"}, []Setting{{Key: "DB_PASSWORD", Value: "x", At: 12, End: 13}}},
		{[]string{"env", "K=a b", "app"}, []Setting{{Key: "K", Value: "a b", At: 2, End: 5, Word: 1}}},
		{[]string{"sh", "-c", "mysql -px"}, []Setting{{Key: "mysql.password", Value: "x", KeyAt: 7, At: 8, End: 9, Word: 2}}},
		{[]string{"-c", "export K='x y'; app"}, []Setting{{Key: "K", Value: "x y", KeyAt: 7, At: 10, End: 13, Word: 1, Quoted: true}}},
		{[]string{"java", "-Ddb.password=x"}, []Setting{{Key: "db.password", Value: "x", KeyAt: 2, At: 14, End: 15, Word: 1}}},
		{[]string{"helm", "--set", "a.b=x,c=y"}, []Setting{{Key: "a.b", Value: "x", At: 4, End: 5, Word: 2}, {Key: "c", Value: "y", KeyAt: 6, At: 8, End: 9, Word: 2}}},
		{[]string{"kubectl", "--from-literal=k=v"}, []Setting{{Key: "k", Value: "v", KeyAt: 15, At: 17, End: 18, Word: 1}}},
		{[]string{"curl", "-u", "a:x", "-H", "Authorization: Bearer y"}, []Setting{
			{Key: "curl.password", Value: "x", KeyAt: 2, At: 2, End: 3, Word: 2}, {Key: "Authorization", Value: "Bearer y", At: 15, End: 23, Word: 4},
		}},
		{[]string{"redis-server", "--requirepass", "x"}, []Setting{{Key: "requirepass", Value: "x", End: 1, Word: 2}}},
		{nil, nil},
		{[]string{"", ""}, nil},
	} {
		if diff := cmp.Diff(c.want, Command(c.words)); diff != "" {
			t.Errorf("%q: -want +got:\n%s", c.words, diff)
		}
	}
}

func TestPairs(t *testing.T) {
	for _, c := range []struct {
		text string
		want []Setting
	}{
		{"Server=db;User Id=u;Password=x y;", []Setting{
			{Key: "Server", Value: "db", At: 7, End: 9}, {Key: "User Id", Value: "u", KeyAt: 10, At: 18, End: 19}, {Key: "Password", Value: "x y", KeyAt: 20, At: 29, End: 32},
		}},
		{"host=db password='x y'", []Setting{{Key: "host", Value: "db", At: 5, End: 7}, {Key: "password", Value: "x y", KeyAt: 8, At: 18, End: 21, Quoted: true}}},
		{"jdbc:mysql://db/app?user=u&password=x", []Setting{{Key: "user", Value: "u", KeyAt: 20, At: 25, End: 26}, {Key: "password", Value: "x", KeyAt: 27, At: 36, End: 37}}},
		{"redis:6379,password=x,ssl=true", []Setting{{Key: "password", Value: "x", KeyAt: 11, At: 20, End: 21}, {Key: "ssl", Value: "true", KeyAt: 22, At: 26, End: 30}}},
		{"jdbc:sqlserver://db:1433;user=u;password=x", []Setting{{Key: "user", Value: "u", KeyAt: 25, At: 30, End: 31}, {Key: "password", Value: "x", KeyAt: 32, At: 41, End: 42}}},
		{"no pairs here", nil},
		{"a==b", []Setting{{Key: "a", Value: "=b", At: 2, End: 4}}},
	} {
		if diff := cmp.Diff(c.want, Pairs(c.text)); diff != "" {
			t.Errorf("%q: -want +got:\n%s", c.text, diff)
		}
	}
}
