// SPDX-License-Identifier: GPL-3.0-or-later
// As sizes.py, by Go's net/http.
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
)

func main() {
	plan, _ := os.Open(os.Args[1])
	for lines := bufio.NewScanner(plan); lines.Scan(); {
		var asked, told int
		fmt.Sscan(lines.Text(), &asked, &told)
		body := fmt.Sprintf(`{"model": "claude-sonnet-5-5", "max_tokens": 1024, "metadata": {"user_id": "%d"}, "messages": [{"role": "user", "content": "%s"}]}`,
			told, strings.Repeat("q", asked))
		answer, err := http.Post(os.Getenv("ANTHROPIC_BASE_URL")+"/v1/messages", "application/json", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		var message struct{ Content []struct{ Text string } }
		if err := json.NewDecoder(answer.Body).Decode(&message); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		answer.Body.Close()
		fmt.Printf("%x\n", sha1.Sum([]byte(message.Content[0].Text)))
	}
}
