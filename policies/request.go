package policies

import (
	"slices"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/review"
)

// requestOf is the request that would bring a document into a cluster.
func requestOf(d *manifest.Document, layout checks.Layout) review.Request {
	return review.Request{Operation: review.Create, Object: d.Canonical(), Fields: placeOf(d, layout)}
}

// created is the request that would bring a document into a cluster, with what is known
// of the one that does.
func created(p *checks.Pass, d *manifest.Document) review.Request {
	r := requestOf(d, p.Layout)
	r.Fields = append(r.Fields, p.Request...)
	if len(p.Users) > 0 {
		r.Fields = append(r.Fields, userField(p.Users[0]))
	}
	return r
}

// changed is the request that would bring a change into a cluster, and the object in
// which its faults stand: as it is, or as it was where it is gone.
func changed(p *checks.Pass, t checks.Transition) (*manifest.Document, review.Request) {
	d := t.Now
	if d == nil {
		d = t.Before
	}
	request := created(p, d)
	switch {
	case t.Now == nil:
		request.Operation, request.Old = review.Delete, t.Before.Canonical()
	case t.Before != nil:
		request.Operation, request.Old = review.Update, t.Before.Canonical()
	}
	return d, request
}

// byUser are the requests that are to be judged for one: by each who may have made it,
// where the policy asks who it was.
func byUser(p *checks.Pass, r review.Request, a review.Asks) []review.Request {
	if !a.User || len(p.Users) < 2 {
		return []review.Request{r}
	}
	list := make([]review.Request, len(p.Users))
	for i, user := range p.Users {
		list[i] = r
		list[i].Fields = append(slices.DeleteFunc(slices.Clone(r.Fields), isUser), userField(user))
	}
	return list
}

const userInfo = "userInfo"

func isUser(n manifest.Node) bool { return n.Key == userInfo }

func userField(user *manifest.Node) manifest.Node {
	field := *user
	field.Key = userInfo
	return field
}

// placeOf says of a request to which environment its file belongs, and which there
// are.
func placeOf(d *manifest.Document, layout checks.Layout) []manifest.Node {
	names := manifest.Node{Key: "environments", Kind: manifest.List}
	for _, e := range layout.Environments {
		names.Items = append(names.Items, manifest.Node{Kind: manifest.String, Text: e.Name})
	}
	return []manifest.Node{{Key: "environment", Kind: manifest.String, Text: layout.Environment(d.File)}, names}
}
