// SPDX-License-Identifier: GPL-3.0-or-later

// The receiver of OpenTelemetry's Collector, which writes what it takes to standard output: a line of OTLP's JSON for
// each request. The first line is its address.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

func free() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func main() {
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	address := free()
	said := map[string]any{"protocols": map[string]any{"http": map[string]any{"endpoint": address}}}
	if err := confmap.NewFromStringMap(said).Unmarshal(config); err != nil {
		log.Fatal(err)
	}
	write, err := consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
		line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		if err == nil {
			fmt.Println(string(line))
		}
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	receiver, err := factory.CreateTraces(context.Background(), receivertest.NewNopSettings(factory.Type()), config, write)
	if err == nil {
		err = receiver.Start(context.Background(), componenttest.NewNopHost())
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(address)
	os.Stdin.Read(make([]byte, 1))
	receiver.Shutdown(context.Background())
}
