// Command node-network connects the pods of one node with those of the others, in place of kind's own CNI where
// that cannot be pulled: it writes the node's CNI configuration, keeps a route to every other node's pods, and
// masquerades what leaves the cluster. It watches the nodes, so a node that comes back under another address
// is reached again without anybody's doing.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// Routes and rules can be lost without any node changing, so they are looked at this often, too.
const lookAgain = 15 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Getenv("NODE_NAME"), os.Getenv("POD_SUBNET")); err != nil {
		slog.Error("node-network ends", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, nodeName, podSubnet string) error {
	if nodeName == "" || podSubnet == "" {
		return errors.New("NODE_NAME and POD_SUBNET must be set")
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return fmt.Errorf("reading the service account: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	nodes := factory.Core().V1().Nodes()
	changed, err := onChange(nodes.Informer())
	if err != nil {
		return fmt.Errorf("watching the nodes: %w", err)
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	reconcileForever(ctx, changed, nodes.Lister(), nodeName, podSubnet)
	return nil
}

// onChange gives a channel that holds one token while there is something new. A node's heartbeat is nothing new.
func onChange(informer cache.SharedIndexInformer) (<-chan struct{}, error) {
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { notify() },
		UpdateFunc: func(before, after any) {
			old, ok1 := before.(*corev1.Node)
			current, ok2 := after.(*corev1.Node)
			if !ok1 || !ok2 || internalIP(old) != internalIP(current) || old.Spec.PodCIDR != current.Spec.PodCIDR {
				notify()
			}
		},
		DeleteFunc: func(any) { notify() },
	})
	return changed, err
}

func reconcileForever(
	ctx context.Context, changed <-chan struct{}, nodes listers.NodeLister, nodeName, podSubnet string,
) {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		if err := reconcile(nodes, nodeName, podSubnet); err != nil {
			slog.Error("the node's network is not as it should be; trying again", "in", lookAgain.String(), "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-ticker.C:
		}
	}
}

func reconcile(lister listers.NodeLister, nodeName, podSubnet string) error {
	nodes, err := lister.List(labels.Everything())
	if err != nil {
		return fmt.Errorf("listing the nodes: %w", err)
	}
	problems := []error{masquerade(podSubnet)}
	var others []*corev1.Node
	for _, node := range nodes {
		switch {
		case node.Spec.PodCIDR == "":
			// The controller manager has not given it one yet; the change will wake us.
		case node.Name == nodeName:
			problems = append(problems, writeConflist(node.Spec.PodCIDR))
		default:
			others = append(others, node)
		}
	}
	return errors.Join(append(problems, setRoutes(others))...)
}

func internalIP(node *corev1.Node) string {
	for _, address := range node.Status.Addresses {
		if address.Type == corev1.NodeInternalIP {
			return address.Address
		}
	}
	return ""
}
