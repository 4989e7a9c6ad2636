package lomitest

import (
	"encoding/base64"
	"net/http"
	"strconv"
)

// envelope is how a list of June2026 is wrapped; September2026 has one form for
// all.
type envelope int

const (
	bareArray      envelope = iota
	offsetEnvelope          // {data, total, limit, offset}
	numbered                // {<name>: [], pagination: {…}}
	successArray            // {success, data}
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

// page answers with one page of rows. name is the array member of numbered.
func (c *call) page(style envelope, name string, rows []object) Answer {
	if c.s.generation == September2026 {
		return c.cursorPage(rows)
	}
	limit := c.number("limit", c.number("pageSize", defaultLimit))
	limit = min(max(limit, 1), maxLimit)
	offset := c.number("offset", (max(c.number("page", 1), 1)-1)*limit)
	items := cut(rows, offset, limit)
	switch style {
	case offsetEnvelope: // total is what this page holds, as the June server has it
		return answerJSON(http.StatusOK, object{"data": items, "total": len(items), "limit": limit, "offset": offset})
	case numbered:
		return answerJSON(http.StatusOK, object{name: items, "pagination": object{
			"page": offset/limit + 1, "pageSize": limit, "totalCount": len(rows), "totalPages": (len(rows) + limit - 1) / limit,
		}})
	case successArray:
		return answerJSON(http.StatusOK, object{"success": true, "data": items})
	}
	return answerJSON(http.StatusOK, items)
}

func (c *call) cursorPage(rows []object) Answer {
	limit := min(max(c.number("limit", defaultLimit), 1), maxLimit)
	offset := 0
	if cursor := c.r.URL.Query().Get("cursor"); cursor != "" {
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if offset, _ = strconv.Atoi(string(text)); err != nil || offset <= 0 {
			return refuse(c, http.StatusBadRequest, "invalid_cursor", "The cursor is not valid", nil)
		}
	}
	items := cut(rows, offset, limit)
	answer := object{"object": "list", "data": items, "has_more": false, "next_cursor": nil, "limit": limit, "total_count": len(rows)}
	if end := offset + len(items); end < len(rows) {
		answer["has_more"] = true
		answer["next_cursor"] = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(end)))
	}
	return answerJSON(http.StatusOK, answer)
}

func cut(rows []object, offset, limit int) []object {
	offset = min(max(offset, 0), len(rows))
	return append([]object{}, rows[offset:min(offset+limit, len(rows))]...)
}

func (c *call) number(name string, otherwise int) int {
	n, err := strconv.Atoi(c.r.URL.Query().Get(name))
	if err != nil {
		return otherwise
	}
	return n
}
