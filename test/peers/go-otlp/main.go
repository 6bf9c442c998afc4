// The OpenTelemetry Collector's own OTLP/HTTP receiver: takes what is sent to the port it prints, and writes one JSON line for
// each span that it understood.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

type span struct {
	Service    string         `json:"service"`
	TraceId    string         `json:"traceId"`
	SpanId     string         `json:"spanId"`
	Parent     string         `json:"parent"`
	Name       string         `json:"name"`
	Kind       string         `json:"kind"`
	Status     string         `json:"status"`
	Start      int64          `json:"start"`
	End        int64          `json:"end"`
	Attributes map[string]any `json:"attributes"`
	Links      []string       `json:"links"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	var lines sync.Mutex
	out := json.NewEncoder(os.Stdout)
	take := func(_ context.Context, traces ptrace.Traces) error {
		lines.Lock()
		defer lines.Unlock()
		for _, resource := range traces.ResourceSpans().All() {
			service, _ := resource.Resource().Attributes().Get("service.name")
			for _, scope := range resource.ScopeSpans().All() {
				for _, s := range scope.Spans().All() {
					links := []string{}
					for _, link := range s.Links().All() {
						links = append(links, link.SpanID().String())
					}
					check(out.Encode(span{
						Service: service.AsString(), TraceId: s.TraceID().String(), SpanId: s.SpanID().String(),
						Parent: s.ParentSpanID().String(), Name: s.Name(), Kind: s.Kind().String(),
						Status: s.Status().Code().String(), Start: int64(s.StartTimestamp()), End: int64(s.EndTimestamp()),
						Attributes: s.Attributes().AsRaw(), Links: links,
					}))
				}
			}
		}
		return nil
	}
	next, err := consumer.NewTraces(take)
	check(err)
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	check(confmap.NewFromStringMap(map[string]any{
		"protocols": map[string]any{"http": map[string]any{"endpoint": os.Args[1]}},
	}).Unmarshal(config))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	receiver, err := factory.CreateTraces(ctx, receivertest.NewNopSettings(component.MustNewType("otlp")), config, next)
	check(err)
	check(receiver.Start(ctx, componenttest.NewNopHost()))
	lines.Lock()
	fmt.Println("ready")
	lines.Unlock()
	<-ctx.Done()
	check(receiver.Shutdown(context.Background()))
}
