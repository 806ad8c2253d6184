// Package codeowners answers who owns a path, as the host that reads the
// CODEOWNERS file answers it, and what a change of that file or of the tree
// does to the answer.
//
// [Parse] reads a file in one host's [Dialect]. A line the host skips is
// skipped here too and reported as an [Issue]; [File.Consequences] says which
// paths it leaves to whom. [File.Owners] decides one path through an index, so
// a thousand rules cost a path little more than ten. On top of it stand the
// questions of a gate: [File.Coverage], [File.Dead], [File.Shadowed],
// [File.Shallow], [Compare], [File.Required], [Missing] and [Smallest].
//
// The package reads no file and asks no server: whether an owner exists, who is
// in a team and which paths a tree has, the caller says.
//
// # Where the sources are silent or disagree
//
// Every one of these is a choice, held by a test:
//
//   - A pattern whose last part is more than a lone star owns what is below a
//     folder it matches, on GitHub: "/f*" owns "foo/bar". Only a last part that
//     is exactly "*" stays shallow, as the documentation shows for "docs/*".
//   - "foo/**/" owns "foo/bar" on GitHub (git would ask for one folder more);
//     a bare "**/" is what git makes of it, all that lies in some folder.
//   - An unescaped "[" or "]" is an invalid pattern on GitHub, never a
//     character class and never literal.
//   - A malformed owner makes GitHub skip the whole line, as its documentation
//     says of invalid syntax; "@a@b" passes there as an e-mail address that
//     belongs to nobody.
//   - A "#" after white space or among the owners begins a comment on GitHub; a
//     "#" inside a pattern is part of it, and reported.
//   - A byte-order mark at the start is dropped and reported; a no-break space
//     is no separator. Bytes that are no UTF-8 are compared as bytes; "?" is one
//     character, not one byte.
//   - A rename asks the owners of both names. Names of files and folders count as
//     written: "codeowners" or ".GitHub/CODEOWNERS" is no CODEOWNERS file.
//   - 3 MB are 3 MiB; the file is reported from 3,000,000 bytes on.
//   - On Bitbucket a last "*" goes deep, because only three exceptions to
//     gitignore are documented there and this is none of them.
//   - A change takes nothing from the owners of what goes with it: a file, or a
//     folder together with its line, since they are asked before it goes. Nor from
//     the owners of everything where something new gets owners of its own, nor where
//     a section of GitLab has another name and asks the same.
//   - GitLab: a heading that gives a number that is none, such as "[Name][x]",
//     names no default owners. Under headings of one name, an entry takes the
//     default owners and the number of approvals of the heading it stands
//     under, and the section is required if one of the headings is.
package codeowners
