// Package strictjson decodes what a payment provider sends.
package strictjson
