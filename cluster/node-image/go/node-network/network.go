package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
)

const (
	conflistPath = "/etc/cni/net.d/10-votingapp.conflist"
	// The mark of our routes in the kernel's table, so that exactly ours are removed.
	routeProtocol = netlink.RouteProtocol(0x76)
)

const conflist = `{
  "cniVersion": "0.3.1",
  "name": "votingapp",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "dataDir": "/run/cni-ipam-state",
        "routes": [{"dst": "0.0.0.0/0"}],
        "ranges": [[{"subnet": "%s"}]]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`

// Pods see each other's own addresses; only what leaves the cluster takes the node's.
const masqueradeRules = `table ip votingapp-node-network
delete table ip votingapp-node-network
table ip votingapp-node-network {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr %[1]s ip daddr != %[1]s oifname "eth0" masquerade
  }
}
`

// writeConflist says to containerd how to connect a pod: whole or not at all, and only when it is new.
func writeConflist(podCIDR string) error {
	wanted := fmt.Appendf(nil, conflist, podCIDR)
	if present, err := os.ReadFile(conflistPath); err == nil && bytes.Equal(present, wanted) {
		return nil
	}
	unfinished := filepath.Join(filepath.Dir(conflistPath), ".unfinished")
	if err := os.WriteFile(unfinished, wanted, 0o644); err != nil {
		return fmt.Errorf("writing the CNI configuration: %w", err)
	}
	if err := os.Rename(unfinished, conflistPath); err != nil {
		return fmt.Errorf("writing the CNI configuration: %w", err)
	}
	slog.Info("wrote the CNI configuration", "podCIDR", podCIDR)
	return nil
}

func masquerade(podSubnet string) error {
	nft := exec.Command("nft", "-f", "-")
	nft.Stdin = strings.NewReader(fmt.Sprintf(masqueradeRules, podSubnet))
	if output, err := nft.CombinedOutput(); err != nil {
		return fmt.Errorf("setting the masquerade rules: %w: %s", err, output)
	}
	return nil
}

// setRoutes makes the kernel's routes to other nodes' pods exactly those that are wanted.
func setRoutes(others []*corev1.Node) error {
	var problems []error
	wanted := map[string]bool{}
	for _, node := range others {
		_, subnet, err := net.ParseCIDR(node.Spec.PodCIDR)
		gateway := net.ParseIP(internalIP(node))
		if err != nil || gateway == nil {
			problems = append(problems, fmt.Errorf("node %s has no usable pod CIDR or address", node.Name))
			continue
		}
		wanted[subnet.String()] = true
		route := &netlink.Route{Dst: subnet, Gw: gateway, Protocol: routeProtocol}
		if err := netlink.RouteReplace(route); err != nil {
			problems = append(problems, fmt.Errorf("route to %s's pods: %w", node.Name, err))
		}
	}
	return errors.Join(append(problems, removeOthers(wanted))...)
}

func removeOthers(wanted map[string]bool) error {
	filter := &netlink.Route{Protocol: routeProtocol}
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_V4, filter, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return fmt.Errorf("listing the routes: %w", err)
	}
	for _, route := range routes {
		if route.Dst == nil || wanted[route.Dst.String()] {
			continue
		}
		if err := netlink.RouteDel(&route); err != nil {
			return fmt.Errorf("removing the route to %s: %w", route.Dst, err)
		}
	}
	return nil
}
