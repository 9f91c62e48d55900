package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	req, err := http.NewRequest(http.MethodGet, "https://my.tapkey.com/api/v1/Owners", nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+os.Getenv("TAPKEY_TOKEN"))
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer rsp.Body.Close()
	var owners []struct{ ID, Name string }
	if err := json.NewDecoder(rsp.Body).Decode(&owners); err != nil {
		log.Fatal(err)
	}
	for _, owner := range owners {
		fmt.Println(owner.ID, owner.Name)
	}
}
