// Package strictjson reads what providers answer: once, strictly where a member
// decides, leniently where it does not, and at a bounded cost.
//
// Parse checks a text in one pass (grammar, depth, duplicate names) and remembers
// where everything in it stands. Value walks what was found, without looking at the
// bytes again. A Reader fills a struct from an object, and knows which of its
// members decide. Stream does the same for a long array, item by item.
//
// encoding/json would let the last of two members win and match names without
// regard to case, so that {"status":"failed","\u0053tatus":"completed"} reads as
// completed; it replaces invalid UTF-8, which makes two payment ids equal; and one
// odd date loses it the whole payment. Its rules also differ between versions of Go.
// Bodies that are sent are written by encoding/json, see Marshal.
package strictjson
