module github.com/jitsiauth/server/authsvc/browsertest

go 1.26.0

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/jitsiauth/server v0.0.0
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	rsc.io/qr v0.2.0 // indirect
)

replace github.com/jitsiauth/server => ../..
