package admission
import ("testing";"fmt";"encoding/pem";"time";"os";"strings";"github.com/gatehouse-dev/gatehouse/testdata/cluster")
func TestScratch(t *testing.T){
 c:=cluster.Start(t,cluster.Options{})
 r:=serve(t,settings(),nil)
 admin:=c.Client(cluster.Admin)
 ca:=pem.EncodeToMemory(&pem.Block{Type:"CERTIFICATE",Bytes:r.authority.cert.Raw})
 vwc:=map[string]any{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":map[string]any{"name":"gatehouse"},"webhooks":[]any{map[string]any{"name":"secrets.gatehouse.dev","sideEffects":"None","admissionReviewVersions":[]string{"v1"},"failurePolicy":"Fail","timeoutSeconds":3,"clientConfig":map[string]any{"url":"https://"+r.Addr().String()+Path,"caBundle":ca},"rules":[]any{map[string]any{"apiGroups":[]string{"*"},"apiVersions":[]string{"*"},"operations":[]string{"*"},"resources":[]string{"*/*"}}},"namespaceSelector":map[string]any{"matchLabels":map[string]any{"kubernetes.io/metadata.name":"default"}}}}}
 if x,err:=admin.Create(t.Context(),vwc,cluster.Write{}); err!=nil||x.Err()!=nil { t.Fatal(err,x.Err()) }
 time.Sleep(2*time.Second)
 sec:=map[string]any{"apiVersion":"v1","kind":"Secret","metadata":map[string]any{"name":"db","namespace":"default"},"stringData":map[string]any{"password":"correct-horse-battery","username":"app"}}
 show:=func(n string, x *cluster.Response, err error){ fmt.Println("==",n,err); if x!=nil { fmt.Println(x.Code,x.Err()); for _,w:=range x.Warnings {fmt.Println("  W:",w)} } }
 dev:=c.Client(cluster.Developer)
 x,err:=dev.Create(t.Context(),sec,cluster.Write{}); show("create plain",x,err)
 x,err=dev.Apply(t.Context(),sec,cluster.Write{}); show("ssa plain",x,err)
 ss:=c.Client("system:serviceaccount:kube-system:sealed-secrets-controller","system:serviceaccounts","system:serviceaccounts:kube-system","system:masters")
 x,err=ss.Create(t.Context(),sec,cluster.Write{}); show("stolen",x,err)
 ss.Header.Set("Impersonate-Extra-Authentication.kubernetes.io%2fpod-name","sealed-0")
 sec["metadata"].(map[string]any)["ownerReferences"]=[]any{map[string]any{"apiVersion":"bitnami.com/v1alpha1","kind":"SealedSecret","name":"db","uid":"1","controller":true}}
 x,err=ss.Create(t.Context(),sec,cluster.Write{}); show("unsealed",x,err)
 x,err=dev.Apply(t.Context(),map[string]any{"apiVersion":"v1","kind":"Secret","metadata":map[string]any{"name":"db","namespace":"default","labels":map[string]any{"a":"b"}}},cluster.Write{}); show("label by dev",x,err)
 x,err=dev.Apply(t.Context(),map[string]any{"apiVersion":"v1","kind":"Secret","metadata":map[string]any{"name":"db","namespace":"default"},"stringData":map[string]any{"more":"another-horse-battery"}},cluster.Write{}); show("new key by dev",x,err)
 x,err=dev.Delete(t.Context(),sec,cluster.Write{}); show("delete",x,err)
 x,err=dev.Create(t.Context(),map[string]any{"apiVersion":"v1","kind":"Secret","metadata":map[string]any{"generateName":"db-","namespace":"default"},"stringData":map[string]any{"p":"correct-horse-battery"}},cluster.Write{DryRun:true}); show("generateName",x,err)
 b,_:=os.ReadFile(c.AuditLog); for l:=range strings.Lines(string(b)) { if strings.Contains(l,"secrets.gatehouse.dev") { i:=strings.Index(l,`"annotations"`); fmt.Println("audit",l[i:]) } }
 holdsNoValue(t,"audit",string(b)); holdsNoValue(t,"log",r.log.String())
 fmt.Println(r.log.String())
}
