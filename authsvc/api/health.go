package api

// Health is the answer of GET /healthz and GET /readyz.
type Health struct {
	Status  string `json:"status"`           // "ok"
	Version string `json:"version,omitzero"` // of the server, where it was told
}
